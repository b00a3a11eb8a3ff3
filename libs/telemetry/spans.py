"""Every span of Qiao, by name: requests, sends, processing and calls to the views.

Names and attributes follow OpenTelemetry's semantic conventions 1.44. Where nobody records, a span costs one
function call: attributes are built only behind the check. Polls and commits have no span: they belong to no request,
an idle worker makes them for ever, and the lag tells more.
"""

from collections.abc import Iterable
from contextvars import Token
from types import TracebackType
from typing import Literal, Protocol

from libs.telemetry.context import TraceContext, enter, fresh, leave, parse

Value = str | int | float | bool
LogSystem = Literal["kafka", "qiao.embedded"]
ViewSystem = Literal["cassandra", "sqlite"]

MAX_LINKS = 128
MAX_PATH = 500
"""Characters of a path that are recorded: strangers may send thousands."""


class Span(Protocol):
    """A span to be used in `with`: an exception that leaves it marks it as failed."""

    def __enter__(self) -> "Span":
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""

    @property
    def recorded(self) -> bool:
        """Whether it is worth computing something for `set`."""

    def set(self, key: str, value: Value) -> None:
        """Add an attribute that is known only now."""

    def fail(self, kind: str) -> None:
        """Mark as failed without an exception; `kind` is a short fixed word."""


class Recorder(Protocol):
    """Makes spans and keeps them or sends them on. The attributes that it is given are its own from then on."""

    def server(self, name: str, attributes: dict[str, Value], remote: TraceContext | None) -> Span:
        """An incoming request; its parent is the caller's span, if it sent one."""

    def producer(self, name: str, attributes: dict[str, Value]) -> Span:
        """Events on their way to the log."""

    def client(self, name: str, attributes: dict[str, Value]) -> Span:
        """A call to a store."""

    def consumer(
        self, name: str, attributes: dict[str, Value], causes: Iterable[tuple[str | None, str | None]]
    ) -> Span:
        """Events being handled; linked to the spans that sent them, the same span once, at most MAX_LINKS."""

    def close(self) -> None:
        """Write or send what is left, within some seconds. Blocks: call it off the loop."""


class _Off:
    """No span."""

    __slots__ = ()
    recorded = False

    def __enter__(self) -> "_Off":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def set(self, key: str, value: Value) -> None:
        """Nobody listens."""

    def fail(self, kind: str) -> None:
        """Nobody listens."""


class Followed(_Off):
    """Not recorded, but within it logs and events name this context."""

    __slots__ = ("_context", "_token")

    def __init__(self, context: TraceContext) -> None:
        self._context = context

    def __enter__(self) -> "Followed":
        self._token: Token[TraceContext | None] = enter(self._context)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        leave(self._token)


OFF = _Off()
"""The span of what nobody records."""

_recorder: Recorder | None = None


def record_with(recorder: Recorder | None) -> Recorder | None:
    """Record spans from now on, or none any more; returns what recorded them before."""
    global _recorder
    before, _recorder = _recorder, recorder
    return before


def request(method: str, route: str, path: str, traceparent: str | None, tracestate: str | None) -> Span:
    """`GET /v1/posts/{id}`: one HTTP request. Inside, `current()` is never None."""
    remote = parse(traceparent, tracestate)
    if _recorder is None:
        return Followed(remote or fresh())
    attributes: dict[str, Value] = {
        "http.request.method": method,
        "http.route": route,
        "url.path": path[:MAX_PATH],
        "url.scheme": "http",
    }
    return _recorder.server(f"{method} {route}", attributes, remote)


def send(system: LogSystem, topic: str, count: int = 1) -> Span:
    """`send posts`: events are appended to a topic."""
    if _recorder is None:
        return OFF
    return _recorder.producer(f"send {topic}", _messaging(system, topic, "send", "send") | _batch(count))


def process(
    topic: str, partition: int, group: str, count: int, causes: Iterable[tuple[str | None, str | None]]
) -> Span:
    """`process posts`: a batch of events is handled. `causes` are their (traceparent, tracestate): links, not parents.

    Give a generator: it is used only where the span is recorded.
    """
    if _recorder is None:
        return OFF
    place = {"messaging.destination.partition.id": str(partition)}
    attributes = _messaging(None, topic, "process", "process") | _group(group) | _batch(count) | place
    return _recorder.consumer(f"process {topic}", attributes, causes)


def follow(traceparent: str | None, tracestate: str | None = None) -> Span:
    """No span, but within it logs and events name the trace of one event, such as one that is about to be parked."""
    context = parse(traceparent, tracestate)
    return Followed(context) if context else OFF


def view(system: ViewSystem, operation: str, table: str, count: int = 1) -> Span:
    """`get feeds.cards`: one call to the views, of `count` keys, partitions or rows."""
    if _recorder is None:
        return OFF
    attributes: dict[str, Value] = {
        "db.system.name": system,
        "db.operation.name": operation,
        "db.collection.name": table,
    }
    if count > 1:
        attributes["db.operation.batch.size"] = count
    return _recorder.client(f"{operation} {table}", attributes)


def _messaging(system: LogSystem | None, topic: str, name: str, kind: str) -> dict[str, Value]:
    attributes: dict[str, Value] = {
        "messaging.destination.name": topic,
        "messaging.operation.name": name,
        "messaging.operation.type": kind,
    }
    return attributes | {"messaging.system": system} if system else attributes


def _batch(count: int) -> dict[str, Value]:
    return {"messaging.batch.message_count": count} if count > 1 else {}


def _group(group: str | None) -> dict[str, Value]:
    return {"messaging.consumer.group.name": group} if group else {}

"""Every span of Qiao, by name: requests, sends, polls, commits, processing and calls to the views.

Names and attributes follow OpenTelemetry's semantic conventions 1.44. Where no trace is exported, a span costs one
function call: attributes are built only behind the check.
"""

from collections.abc import Iterable
from contextvars import Token
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol

from libs.telemetry.context import TraceContext, enter, fresh, leave, parse

if TYPE_CHECKING:
    from libs.telemetry.live import Live

Value = str | int | float | bool
LogSystem = Literal["kafka", "qiao.embedded"]
ViewSystem = Literal["cassandra", "sqlite"]

MAX_LINKS = 128


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


class _Followed(_Off):
    """Not recorded, but within it logs and events name this context."""

    __slots__ = ("_context", "_token")

    def __init__(self, context: TraceContext) -> None:
        self._context = context

    def __enter__(self) -> "_Followed":
        self._token: Token[TraceContext | None] = enter(self._context)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        leave(self._token)


_OFF = _Off()
_live: "Live | None" = None


def record_with(live: "Live | None") -> "Live | None":
    """Record spans from now on, or none any more; returns what recorded them before."""
    global _live
    before, _live = _live, live
    return before


def request(method: str, route: str, path: str, traceparent: str | None, tracestate: str | None) -> Span:
    """`GET /v1/posts/{id}`: one HTTP request. Inside, `current()` is never None."""
    remote = parse(traceparent, tracestate)
    if _live is None:
        return _Followed(remote or fresh())
    attributes = {"http.request.method": method, "http.route": route, "url.path": path, "url.scheme": "http"}
    return _live.server(f"{method} {route}", attributes, remote)


def send(system: LogSystem, topic: str, count: int = 1) -> Span:
    """`send posts`: events are appended to a topic."""
    if _live is None:
        return _OFF
    return _live.producer(f"send {topic}", _messaging(system, topic, "send", "send") | _batch(count))


def poll(system: LogSystem, topic: str, group: str | None = None) -> Span:
    """`poll posts`: records are fetched."""
    if _live is None:
        return _OFF
    return _live.client(f"poll {topic}", _messaging(system, topic, "poll", "receive") | _group(group))


def commit(system: LogSystem, topic: str, group: str | None = None) -> Span:
    """`commit posts`: a group is told how far its work is done."""
    if _live is None:
        return _OFF
    return _live.client(f"commit {topic}", _messaging(system, topic, "commit", "settle") | _group(group))


def process(
    topic: str, partition: int, group: str, count: int, causes: Iterable[tuple[str | None, str | None]]
) -> Span:
    """`process posts`: a batch of events is handled. `causes` are their (traceparent, tracestate): links, not parents.

    Give a generator: it is used only where the span is recorded.
    """
    if _live is None:
        return _OFF
    place = {"messaging.destination.partition.id": str(partition)}
    attributes = _messaging(None, topic, "process", "process") | _group(group) | _batch(count) | place
    return _live.consumer(f"process {topic}", attributes, causes)


def follow(traceparent: str | None, tracestate: str | None = None) -> Span:
    """No span, but within it logs and events name the trace of one event, such as one that is about to be parked."""
    context = parse(traceparent, tracestate)
    return _Followed(context) if context else _OFF


def view(system: ViewSystem, operation: str, table: str, count: int = 1) -> Span:
    """`get feeds.cards`: one call to the views, of `count` keys, partitions or rows."""
    if _live is None:
        return _OFF
    attributes: dict[str, Value] = {
        "db.system.name": system,
        "db.operation.name": operation,
        "db.collection.name": table,
    }
    if count > 1:
        attributes["db.operation.batch.size"] = count
    return _live.client(f"{operation} {table}", attributes)


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

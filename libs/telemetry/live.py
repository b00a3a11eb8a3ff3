"""Recorded spans: OpenTelemetry's SDK behind the names of `spans.py`. Imported only where traces are exported."""

from collections.abc import Iterable, Mapping, Sequence
from contextvars import Token
from types import TracebackType

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.semconv.schemas import Schemas
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace.propagation import set_span_in_context

from libs.telemetry.context import TraceContext, current, enter, fresh, leave, parse
from libs.telemetry.sampling import Sampling, recorded
from libs.telemetry.spans import MAX_LINKS, OFF, Followed, Span, Value

FLUSH_MILLIS = 5_000
UNRECORDED = "00"


class Live:
    """Makes spans and hands them to a processor, which exports them in a thread of its own."""

    def __init__(self, resource: Mapping[str, str], processor: SpanProcessor, sample: float = 1.0) -> None:
        """`sample` is the share of traces to record, 0 to 1."""
        self._sampling = Sampling(sample)
        # The SDK gets only what is recorded: a span that it samples out costs it a third of one that it keeps.
        self._provider = TracerProvider(ALWAYS_ON, Resource.create(dict(resource)), shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("qiao", schema_url=Schemas.V1_44_0.value)

    def server(self, name: str, attributes: Mapping[str, Value], remote: TraceContext | None) -> Span:
        """See `spans.Recorder`."""
        if not self._sampling.request(remote):
            return Followed(remote._replace(flags=UNRECORDED) if remote else fresh())
        return self._start(name, SpanKind.SERVER, attributes, remote, is_remote=True)

    def producer(self, name: str, attributes: Mapping[str, Value]) -> Span:
        """See `spans.Recorder`."""
        parent = current()
        if not (recorded(parent) if parent else self._sampling.work()):
            return OFF
        return self._start(name, SpanKind.PRODUCER, attributes, parent)

    def client(self, name: str, attributes: Mapping[str, Value]) -> Span:
        """See `spans.Recorder`. A call outside of any request or batch is nobody's."""
        parent = current()
        if parent is None or not recorded(parent):
            return OFF
        return self._start(name, SpanKind.CLIENT, attributes, parent)

    def consumer(
        self, name: str, attributes: Mapping[str, Value], causes: Iterable[tuple[str | None, str | None]]
    ) -> Span:
        """See `spans.Recorder`. Recorded where any of the causes was, so that no story ends at the log."""
        contexts = dict.fromkeys(context for cause in causes if (context := parse(*cause)) and recorded(context))
        if not contexts and not self._sampling.work():
            return OFF
        links = [Link(_span_context(context, is_remote=True)) for context in list(contexts)[:MAX_LINKS]]
        return self._start(name, SpanKind.CONSUMER, attributes, current(), links)

    def close(self) -> None:
        """Export what is left, within some seconds. Blocks: call it off the loop."""
        self._provider.force_flush(FLUSH_MILLIS)
        self._provider.shutdown()

    def _start(
        self,
        name: str,
        kind: SpanKind,
        attributes: Mapping[str, Value],
        parent: TraceContext | None,
        links: Sequence[Link] = (),
        *,
        is_remote: bool = False,
    ) -> "LiveSpan":
        within = Context()
        if parent is not None:
            within = set_span_in_context(NonRecordingSpan(_span_context(parent, is_remote=is_remote)), within)
        span = self._tracer.start_span(name, within, kind, dict(attributes), links)
        return LiveSpan(span, parent.tracestate if parent else None)


class LiveSpan:
    """One recorded span; see `spans.Span`."""

    __slots__ = ("_context", "_span", "_token")

    def __init__(self, span: OtelSpan, tracestate: str | None) -> None:
        """Made by `Live`."""
        self._span = span
        ours = span.get_span_context()
        flags = f"{ours.trace_flags:02x}"
        self._context = TraceContext(f"{ours.trace_id:032x}", f"{ours.span_id:016x}", flags, tracestate)

    @property
    def recorded(self) -> bool:
        """False if it was not sampled."""
        return self._span.is_recording()

    def __enter__(self) -> "LiveSpan":
        """Begin: what happens now happens inside."""
        self._token: Token[TraceContext | None] = enter(self._context)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; an exception marks the span as failed and goes on."""
        leave(self._token)
        if kind is not None:
            self.fail(kind.__qualname__)
        self._span.end()

    def set(self, key: str, value: Value) -> None:
        """Add an attribute."""
        self._span.set_attribute(key, value)

    def fail(self, kind: str) -> None:
        """Mark as failed. The error's text stays out: it may hold what a person wrote."""
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR))


def _span_context(context: TraceContext, *, is_remote: bool) -> SpanContext:
    state = TraceState.from_header([context.tracestate]) if context.tracestate else None
    flags = TraceFlags(int(context.flags, 16))
    return SpanContext(int(context.trace_id, 16), int(context.span_id, 16), is_remote, flags, state)

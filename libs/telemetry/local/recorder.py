"""Spans recorded without OpenTelemetry's SDK: a sixth of its cost, for a process that keeps its traces itself.

The spans of a request or a batch are held together until it ends, then given away as one `Part`: a store has one row to
write for a dozen spans. A call to a store outside of any request or batch is nobody's and not recorded.
"""

from collections.abc import Callable, Iterable

from libs.telemetry.context import TraceContext, current, fresh, fresh_span_id, parse
from libs.telemetry.local.parts import SpanKind, SpanRef
from libs.telemetry.local.span import WITHIN, Keep, LeafSpan, LocalSpan, OpenPart
from libs.telemetry.spans import MAX_LINKS, OFF, Span, Value

RECORDED = "01"
GROUP = "messaging.consumer.group.name"


class LocalRecorder:
    """Makes spans and gives their parts to `keep`, on the thread that made them."""

    def __init__(self, service: str, keep: Keep, close: Callable[[], None]) -> None:
        """`service` names what is neither a request nor the work of a projection; `close` ends what keeps."""
        self._service, self._keep, self._close = service, keep, close

    def server(self, name: str, attributes: dict[str, Value], remote: TraceContext | None) -> Span:
        """See `spans.Recorder`."""
        return self._root("gateway", name, "server", attributes, remote)

    def producer(self, name: str, attributes: dict[str, Value]) -> Span:
        """See `spans.Recorder`."""
        return self._below(name, "producer", attributes, current())

    def client(self, name: str, attributes: dict[str, Value]) -> Span:
        """See `spans.Recorder`."""
        parent, part = current(), WITHIN.get()
        if parent is None:
            return OFF
        if part and part.holds(parent):
            return LeafSpan(part, name, attributes, parent.span_id)
        return self._below(name, "client", attributes, parent)

    def consumer(
        self, name: str, attributes: dict[str, Value], causes: Iterable[tuple[str | None, str | None]]
    ) -> Span:
        """See `spans.Recorder`."""
        contexts = (context for cause in causes if (context := parse(*cause)))
        links = dict.fromkeys(SpanRef(context.trace_id, context.span_id) for context in contexts)
        service = str(attributes.get(GROUP, self._service)).removeprefix("qiao.")
        return self._root(service, name, "consumer", attributes, current(), tuple(links)[:MAX_LINKS])

    def close(self) -> None:
        """See `spans.Recorder`."""
        self._close()

    def _below(self, name: str, kind: SpanKind, attributes: dict[str, Value], parent: TraceContext | None) -> Span:
        part = WITHIN.get()
        if parent and part and part.holds(parent):
            return LocalSpan(part, name, kind, attributes, _context(parent), parent.span_id)
        # Within a batch, but in the trace of one event of it: whoever works on the batch works on this, too.
        return self._root(part.service if part else self._service, name, kind, attributes, parent)

    def _root(
        self,
        service: str,
        name: str,
        kind: SpanKind,
        attributes: dict[str, Value],
        parent: TraceContext | None,
        links: tuple[SpanRef, ...] = (),
    ) -> Span:
        context = _context(parent)
        part = OpenPart(context, service, self._keep)
        return LocalSpan(part, name, kind, attributes, context, parent.span_id if parent else "", links)


def _context(parent: TraceContext | None) -> TraceContext:
    if parent is None:
        return fresh()._replace(flags=RECORDED)
    return TraceContext(parent.trace_id, fresh_span_id(), RECORDED, parent.tracestate)

"""One span while it runs, and the part of a trace that it belongs to."""

from collections.abc import Callable
from contextvars import ContextVar, Token
from time import perf_counter_ns, time_ns
from types import TracebackType

from libs.telemetry.context import TraceContext, enter, fresh_span_id, leave
from libs.telemetry.local.parts import KeptSpan, Part, SpanKind, SpanRef
from libs.telemetry.spans import Value

MAX_SPANS = 500
"""Of one part; those that end later are counted only. The one that holds them is kept always."""

Keep = Callable[[Part], None]
"""Takes a part; must return at once."""

WITHIN: ContextVar["OpenPart | None"] = ContextVar("qiao_part", default=None)
"""The part that we are in."""


class OpenPart:
    """A part that has not ended."""

    __slots__ = ("_epoch", "_keep", "_more", "_root", "_spans", "service", "trace")

    def __init__(self, root: TraceContext, service: str, keep: Keep) -> None:
        self.trace, self.service = root.trace_id, service
        self._root, self._keep = root.span_id, keep
        # One reading of the clock for all its spans: nothing that happens to the clock meanwhile bends them.
        self._epoch = time_ns() - perf_counter_ns()
        self._spans: list[KeptSpan] | None = []
        self._more = 0

    def holds(self, parent: TraceContext) -> bool:
        return self._spans is not None and self.trace == parent.trace_id

    def at(self, counter: int) -> int:
        return self._epoch + counter

    def ended(self, span: KeptSpan) -> None:
        if self._spans is None:
            # It outlived the request that began it.
            self._keep(Part(self.trace, self.service, [span]))
        elif span.id == self._root:
            self._spans.append(span)
            self._keep(Part(self.trace, self.service, self._spans, self._more))
            self._spans = None
        elif len(self._spans) < MAX_SPANS:
            self._spans.append(span)
        else:
            self._more += 1


class LocalSpan:
    """One recorded span; see `spans.Span`."""

    __slots__ = (
        "_attributes",
        "_before",
        "_began",
        "_context",
        "_kind",
        "_links",
        "_name",
        "_parent",
        "_part",
        "_token",
    )

    recorded = True

    def __init__(
        self,
        part: OpenPart,
        name: str,
        kind: SpanKind,
        attributes: dict[str, Value],
        context: TraceContext,
        parent: str,
        links: tuple[SpanRef, ...] = (),
    ) -> None:
        """Made by `LocalRecorder`."""
        self._part, self._name, self._kind, self._attributes = part, name, kind, attributes
        self._context, self._parent, self._links = context, parent, links

    def __enter__(self) -> "LocalSpan":
        """Begin: what happens now happens inside."""
        self._token: Token[TraceContext | None] = enter(self._context)
        self._before: Token[OpenPart | None] = WITHIN.set(self._part)
        self._began = perf_counter_ns()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; an exception marks the span as failed and goes on."""
        took = perf_counter_ns() - self._began
        WITHIN.reset(self._before)
        leave(self._token)
        if kind is not None:
            self.fail(kind.__qualname__)
        self._part.ended(
            KeptSpan(
                id=self._context.span_id,
                parent=self._parent,
                name=self._name,
                kind=self._kind,
                began=self._part.at(self._began),
                took=took,
                attributes=self._attributes,
                links=self._links,
            )
        )

    def set(self, key: str, value: Value) -> None:
        """Add an attribute."""
        self._attributes[key] = value

    def fail(self, kind: str) -> None:
        """Mark as failed. The error's text stays out: it may hold what a person wrote."""
        self._attributes["error.type"] = kind


class LeafSpan:
    """A recorded call to a store, as most spans are: nothing is recorded within it, so it need not be entered."""

    __slots__ = ("_attributes", "_began", "_name", "_parent", "_part")

    recorded = True

    def __init__(self, part: OpenPart, name: str, attributes: dict[str, Value], parent: str) -> None:
        """Made by `LocalRecorder`."""
        self._part, self._name, self._attributes, self._parent = part, name, attributes, parent

    def __enter__(self) -> "LeafSpan":
        """Begin."""
        self._began = perf_counter_ns()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; an exception marks the span as failed and goes on."""
        took = perf_counter_ns() - self._began
        if kind is not None:
            self.fail(kind.__qualname__)
        self._part.ended(
            KeptSpan(
                id=fresh_span_id(),
                parent=self._parent,
                name=self._name,
                kind="client",
                began=self._part.at(self._began),
                took=took,
                attributes=self._attributes,
            )
        )

    def set(self, key: str, value: Value) -> None:
        """Add an attribute."""
        self._attributes[key] = value

    def fail(self, kind: str) -> None:
        """Mark as failed, by the error's type."""
        self._attributes["error.type"] = kind

"""From parts to the order in which a trace is shown: causes first, each with what it led to below it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from libs.telemetry.local import KeptSpan, Part, SpanRef


class Row(NamedTuple):
    """One span, in its place."""

    depth: int
    """0 for what nothing else here led to."""
    service: str
    trace: str
    span: KeptSpan
    linked: bool
    """Whether it handles events that the span above it sent, instead of being a part of it."""


class Trace(NamedTuple):
    """A trace as people look at it."""

    id: str
    rows: Sequence[Row]
    more: int
    """Spans that were not kept."""

    @property
    def began(self) -> int:
        """Nanoseconds since 1970 UTC."""
        return min(row.span.began for row in self.rows)

    @property
    def took(self) -> int:
        """Nanoseconds, until the last of it ended."""
        return max(row.span.began + row.span.took for row in self.rows) - self.began


def arrange(trace: str, parts: Sequence[Part]) -> Trace:
    """The rows of these parts, every span once."""
    spans = {SpanRef(part.trace, span.id): (part.service, span) for part in parts for span in part.spans}
    below: defaultdict[SpanRef | None, list[tuple[SpanRef, bool]]] = defaultdict(list)
    for ref, (_, span) in spans.items():
        above, linked = _above(ref.trace, span, spans.keys())
        below[above].append((ref, linked))

    def in_time(refs: Iterable[tuple[SpanRef, bool]]) -> list[tuple[SpanRef, bool]]:
        return sorted(refs, key=lambda entry: spans[entry[0]][1].began)

    rows, waiting = list[Row](), [(0, ref, linked) for ref, linked in reversed(in_time(below[None]))]
    while waiting:
        depth, ref, linked = waiting.pop()
        service, span = spans[ref]
        rows.append(Row(depth, service, ref.trace, span, linked))
        waiting += [(depth + 1, child, so) for child, so in reversed(in_time(below.pop(ref, [])))]
    return Trace(trace, rows, sum(part.more for part in parts))


def _above(trace: str, span: KeptSpan, known: Iterable[SpanRef]) -> tuple[SpanRef | None, bool]:
    """The span to show it under, and whether that is by a link."""
    parent = SpanRef(trace, span.parent)
    if span.parent and parent in known:
        return parent, False
    sender = next((link for link in span.links if link in known), None)
    return sender, sender is not None

"""Parts of traces, made up: times in milliseconds."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from libs.telemetry import metrics
from libs.telemetry.local import KeptSpan, Part, SpanRef
from libs.telemetry.local.parts import SpanKind
from libs.telemetry.spans import Value
from qiao.traces.file import TraceBounds
from qiao.traces.keeping import TraceKeeper

T, U = "0" * 31 + "a", "0" * 31 + "b"
NOW_MS = 1_736_823_600_000
ROOMY = TraceBounds(parts=10_000, bytes=64 << 20, seconds=1e9)


def a_span(
    number: int,
    name: str = "GET /v1/home",
    kind: SpanKind = "server",
    *,
    parent: int = 0,
    at: float = 0.0,
    took: float = 1.0,
    links: Sequence[tuple[str, int]] = (),
    **attributes: Value,
) -> KeptSpan:
    """`number` is its id; underscores in the names of attributes stand for dots where there are two of them."""
    return KeptSpan(
        id=f"{number:016x}",
        parent=f"{parent:016x}" if parent else "",
        name=name,
        kind=kind,
        began=NOW_MS * 1_000_000 + int(at * 1e6),
        took=int(took * 1e6),
        attributes=_dotted(attributes),
        links=tuple(SpanRef(trace, f"{span:016x}") for trace, span in links),
    )


def _dotted(attributes: Mapping[str, Value]) -> Mapping[str, Value]:
    return {name.replace("__", "."): value for name, value in attributes.items()}


def a_part(trace: str, *spans: KeptSpan, service: str = "gateway", more: int = 0) -> Part:
    """Its root comes last."""
    return Part(trace, service, list(spans), more)


def a_trace_id(number: int) -> str:
    """32 hex digits."""
    return f"{number:032x}"


def keep_all(path: Path, *parts: Part, bounds: TraceBounds = ROOMY) -> None:
    """Written, and the file closed."""
    keeper = TraceKeeper(path, bounds)
    for part in parts:
        keeper.keep(part)
    keeper.close()


def dropped(reason: str) -> float:
    """How many spans were dropped so far."""
    return metrics.REGISTRY.get_sample_value("qiao_spans_dropped_total", {"reason": reason}) or 0.0


POST = (
    a_part(
        T,
        a_span(2, "send posts", "producer", parent=1, at=2, took=4),
        a_span(1, "POST /v1/posts", took=10, http__response__status_code=201),
    ),
    a_part(
        U,
        a_span(4, "write rows", "client", parent=3, at=9, took=5, db__operation__batch__size=7),
        a_span(
            3,
            "process posts",
            "consumer",
            at=8,
            took=12,
            links=[(T, 2)],
            messaging__destination__partition__id="3",
            messaging__batch__message_count=57,
        ),
        service="feeds",
    ),
)
"""A post, sent and folded in a batch."""

"""What a fold tells about itself: spans linked to the requests behind it, and the figures of each batch."""

from collections.abc import Mapping

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from libs.telemetry import spans
from libs.telemetry.metrics import REGISTRY
from tests.unit.libs.projections.lab import AMY, BOB, POSTS, REACTIONS, Lab, like, post
from tests.unit.libs.telemetry.conftest import recorded

__all__ = ["recorded"]


async def _fold(lab: Lab) -> None:
    owner = await lab.process(POSTS)
    await owner.worker.fold(await lab.records(POSTS))


def _named(recorded: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in recorded.get_finished_spans() if span.name == name]


async def test_a_batch_is_one_span_linked_to_the_sends_behind_it(lab: Lab, recorded: InMemorySpanExporter) -> None:
    await lab.append(post(0), post(1))
    await _fold(lab)
    [process] = _named(recorded, "process posts")
    assert process.kind == SpanKind.CONSUMER
    sends = _named(recorded, "send posts")[:2]
    assert {link.context.span_id for link in process.links} == {send.context.span_id for send in sends if send.context}
    attributes = process.attributes or {}
    assert attributes["messaging.consumer.group.name"] == "qiao.toy"
    assert attributes["messaging.batch.message_count"] == 2
    assert attributes["messaging.destination.partition.id"] == "0"


async def test_an_emitted_event_belongs_to_the_trace_of_its_cause(lab: Lab, recorded: InMemorySpanExporter) -> None:
    with spans.request("POST", "/v1/posts", "/v1/posts", None, None):
        await lab.append(post(0))
    await _fold(lab)
    original, *emitted = _named(recorded, "send posts")
    assert len(emitted) == 2
    for send in emitted:
        assert send.parent is not None
        assert original.context is not None
        assert (send.parent.trace_id, send.parent.span_id) == (original.context.trace_id, original.context.span_id)


async def test_an_emitted_event_names_its_causes_trace_even_where_nothing_is_recorded(lab: Lab) -> None:
    with spans.request("POST", "/v1/posts", "/v1/posts", None, None):
        await lab.append(post(0))
    await _fold(lab)
    cause, *emitted = await lab.records(POSTS)
    assert {dict(record.headers)["traceparent"] for record in emitted} == {dict(cause.headers)["traceparent"]}


async def test_a_batch_that_fails_marks_its_span(lab: Lab, recorded: InMemorySpanExporter) -> None:
    lab.toy.broken.add(post(0).post)
    await lab.append(post(0))
    await _fold(lab)
    assert [(span.attributes or {})["error.type"] for span in _named(recorded, "process posts")] == ["RuntimeError"] * 3


async def test_the_calls_to_the_views_are_children_of_the_batch(lab: Lab, recorded: InMemorySpanExporter) -> None:
    await lab.append(like(AMY))
    owner = await lab.process(REACTIONS)
    await owner.worker.fold(await lab.records(REACTIONS))
    [process] = _named(recorded, "process reactions")
    [read] = _named(recorded, "get_many toy.likes")
    assert read.parent is not None
    assert process.context is not None
    assert read.parent.span_id == process.context.span_id


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("qiao_event_age_seconds", {"topic": "reactions"}),
        ("qiao_handler_seconds", {"event": "PostLiked"}),
        ("qiao_flush_seconds", {}),
    ],
)
async def test_every_batch_is_measured_once(lab: Lab, name: str, labels: Mapping[str, str]) -> None:
    await lab.append(like(AMY), like(BOB))
    before = _sample(f"{name}_count", labels)
    owner = await lab.process(REACTIONS)
    await owner.worker.fold(await lab.records(REACTIONS))
    assert _sample(f"{name}_count", labels) == before + 1


async def test_the_size_of_a_flush_is_its_rows_and_the_bytes_of_its_events(lab: Lab) -> None:
    await lab.append(like(AMY), like(BOB))
    records = await lab.records(REACTIONS)
    rows, size = _sample("qiao_flush_rows_sum"), _sample("qiao_flush_bytes_sum")
    owner = await lab.process(REACTIONS)
    await owner.worker.fold(records)
    assert _sample("qiao_flush_rows_sum") == rows + 5  # likes twice, from both sides, and one tally
    assert _sample("qiao_flush_bytes_sum") == size + sum(len(record.value) for record in records)


def _sample(name: str, labels: Mapping[str, str] | None = None) -> float:
    return REGISTRY.get_sample_value(name, {"projection": "toy", **(labels or {})}) or 0.0

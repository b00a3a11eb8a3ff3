"""What spans are called and what they say: OpenTelemetry's semantic conventions 1.44."""

from collections.abc import Iterator
from random import Random

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from libs.telemetry import TraceContext, current, current_trace_id, shutdown, spans
from libs.telemetry.live import Live
from libs.telemetry.sampling import Sampling

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"
UNRECORDED = f"00-{TRACE}-{SPAN}-00"


def test_a_request_is_named_by_its_route_and_continues_the_callers_trace(recorded: InMemorySpanExporter) -> None:
    with spans.request("GET", "/v1/posts/{id}", "/v1/posts/1", PARENT, "vendor=1") as span:
        span.set("http.response.status_code", 200)
        inside = current()
    (made,) = recorded.get_finished_spans()
    assert (made.name, made.kind) == ("GET /v1/posts/{id}", SpanKind.SERVER)
    assert made.attributes == {
        "http.request.method": "GET",
        "http.route": "/v1/posts/{id}",
        "url.path": "/v1/posts/1",
        "url.scheme": "http",
        "http.response.status_code": 200,
    }
    assert made.parent is not None
    assert f"{made.parent.span_id:016x}" == SPAN
    assert inside is not None
    assert (inside.trace_id, inside.tracestate) == (TRACE, "vendor=1")
    assert inside.span_id == f"{made.context.span_id:016x}"


def test_sends_and_view_calls_are_children_of_the_request(recorded: InMemorySpanExporter) -> None:
    with spans.request("POST", "/v1/posts", "/v1/posts", None, None):
        with spans.view("cassandra", "get", "feeds.cards", 20):
            pass
        with spans.send("kafka", "posts"):
            pass
    view, send, request = recorded.get_finished_spans()
    assert (view.name, view.kind, send.name, send.kind) == (
        "get feeds.cards",
        SpanKind.CLIENT,
        "send posts",
        SpanKind.PRODUCER,
    )
    assert view.parent == send.parent == request.context
    assert view.attributes == {
        "db.system.name": "cassandra",
        "db.operation.name": "get",
        "db.collection.name": "feeds.cards",
        "db.operation.batch.size": 20,
    }
    assert send.attributes == {
        "messaging.system": "kafka",
        "messaging.destination.name": "posts",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
    }


def test_processing_is_linked_to_who_sent_the_events_each_once(recorded: InMemorySpanExporter) -> None:
    causes = [(PARENT, None), (PARENT, None), (None, None), ("nonsense", None)]
    with spans.process("posts", 3, "qiao.feeds", 4, iter(causes)):
        pass
    (made,) = recorded.get_finished_spans()
    assert (made.name, made.kind, made.parent) == ("process posts", SpanKind.CONSUMER, None)
    assert [f"{link.context.trace_id:032x}" for link in made.links] == [TRACE]
    assert made.attributes == {
        "messaging.destination.name": "posts",
        "messaging.destination.partition.id": "3",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.consumer.group.name": "qiao.feeds",
        "messaging.batch.message_count": 4,
    }


def test_an_exception_marks_its_span_by_type_and_never_by_text(recorded: InMemorySpanExporter) -> None:
    with pytest.raises(LookupError), spans.send("kafka", "posts"):
        raise LookupError("what a person wrote")
    (made,) = recorded.get_finished_spans()
    assert made.status.status_code is StatusCode.ERROR
    assert made.attributes is not None
    assert made.attributes["error.type"] == "LookupError"
    assert "person" not in made.to_json()


def test_without_an_exporter_nothing_is_built() -> None:
    def unused() -> Iterator[tuple[str | None, str | None]]:
        raise AssertionError("links were built")
        yield

    with spans.process("posts", 0, "qiao.feeds", 1, unused()) as span:
        assert not span.recorded
        assert current() is None


def test_without_an_exporter_a_request_still_has_a_trace_to_name() -> None:
    with spans.request("GET", "/v1/home", "/v1/home", None, None):
        assert len(current_trace_id()) == 32
    with spans.request("GET", "/v1/home", "/v1/home", PARENT, None):
        assert current_trace_id() == TRACE


@pytest.fixture
def sampled_out() -> Iterator[InMemorySpanExporter]:
    """As `recorded`, but as good as no trace is drawn."""
    exporter = InMemorySpanExporter()
    spans.record_with(Live({"service.name": "tests"}, SimpleSpanProcessor(exporter), sample=1e-15))
    yield exporter
    shutdown()


def test_a_request_that_is_not_sampled_records_nothing_below_it_and_tells_so(sampled_out: InMemorySpanExporter) -> None:
    for sent in (None, PARENT):
        with spans.request("POST", "/v1/posts", "/v1/posts", sent, None) as request:
            with spans.view("cassandra", "get", "feeds.cards"), spans.send("kafka", "posts"):
                inside = current()
            assert not request.recorded
            assert inside is not None
            assert inside.flags == "00", "what the event carries on"
    assert inside.trace_id == TRACE
    assert not sampled_out.get_finished_spans()


def test_a_batch_is_recorded_where_one_request_behind_it_is_and_linked_to_that(
    sampled_out: InMemorySpanExporter,
) -> None:
    other = f"00-{'1' * 32}-{'2' * 16}-01"
    batch_and_write([(UNRECORDED, None)])
    assert not sampled_out.get_finished_spans()
    batch_and_write([(UNRECORDED, None), (other, None)])
    write, batch = sampled_out.get_finished_spans()
    assert write.parent == batch.context
    assert [f"{link.context.trace_id:032x}" for link in batch.links] == ["1" * 32]


def batch_and_write(causes: list[tuple[str | None, str | None]]) -> None:
    with spans.process("posts", 3, "qiao.feeds", 2, iter(causes)), spans.view("cassandra", "write", "rows"):
        pass


def test_a_call_to_a_store_outside_of_any_request_is_nobodys(recorded: InMemorySpanExporter) -> None:
    with spans.view("cassandra", "get", "progress"):
        pass
    assert not recorded.get_finished_spans()


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_callers_trace_is_sampled_by_its_id_alike_in_every_process(share: float) -> None:
    one, two, drawn = Sampling(share), Sampling(share), Random(5)
    ids = [TraceContext(f"{drawn.getrandbits(128):032x}", SPAN, "01") for _ in range(2_000)]
    chosen = [one.request(each) for each in ids]
    assert chosen == [two.request(each) for each in ids]
    assert abs(sum(chosen) / len(chosen) - share) < 0.05

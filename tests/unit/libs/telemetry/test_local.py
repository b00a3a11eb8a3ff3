"""Spans that a process keeps itself: the same names and links as exported ones, given away in parts."""

import asyncio
from collections.abc import Iterator

import pytest

from libs.telemetry import current, shutdown, spans
from libs.telemetry.local import LocalRecorder, Part, SpanRef
from libs.telemetry.local.span import MAX_SPANS

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture
def kept() -> Iterator[list[Part]]:
    """The parts that were given away."""
    parts: list[Part] = []
    spans.record_with(LocalRecorder("tests", parts.append, parts.clear))
    yield parts
    spans.record_with(None)


def test_a_request_with_its_sends_and_view_calls_is_one_part_of_the_gateway(kept: list[Part]) -> None:
    with spans.request("POST", "/v1/posts", "/v1/posts", PARENT, "vendor=1") as request:
        with spans.view("sqlite", "get", "feeds.cards"):
            pass
        with spans.send("kafka", "posts"):
            inside = current()
        request.set("http.response.status_code", 201)
        assert kept == []
    [part] = kept
    view, send, root = part.spans
    assert (part.trace, part.service, part.root) == (TRACE, "gateway", root)
    assert [(span.name, span.kind) for span in part.spans] == [
        ("get feeds.cards", "client"),
        ("send posts", "producer"),
        ("POST /v1/posts", "server"),
    ]
    assert (send.parent, view.parent, root.parent) == (root.id, root.id, SPAN)
    assert root.attributes["http.response.status_code"] == 201
    assert inside is not None
    assert inside == (TRACE, send.id, "01", "vendor=1")
    assert root.began <= view.began <= send.began
    assert 0 < send.took + view.took <= root.took
    assert len({span.id for span in part.spans}) == 3
    assert current() is None


def test_processing_is_a_part_of_its_projection_linked_to_who_sent_the_events_each_once(kept: list[Part]) -> None:
    causes = [(PARENT, None), (PARENT, None), (None, None), ("nonsense", None)]
    with spans.process("posts", 3, "qiao.feeds", 4, iter(causes)):
        pass
    [part] = kept
    assert (part.service, part.root.kind, part.root.parent) == ("feeds", "consumer", "")
    assert part.root.links == (SpanRef(TRACE, SPAN),)
    assert part.trace != TRACE


def test_links_are_bounded(kept: list[Part]) -> None:
    causes = ((f"00-{TRACE}-{number:016x}-01", None) for number in range(1, 1_000))
    with spans.process("posts", 3, "qiao.feeds", 999, causes):
        pass
    assert len(kept[0].root.links) == spans.MAX_LINKS


def test_what_a_batch_emits_is_in_the_trace_of_its_cause_and_done_by_the_projection(kept: list[Part]) -> None:
    with (
        spans.process("posts", 3, "qiao.feeds", 1, [(PARENT, None)]),
        spans.follow(PARENT),
        spans.send("kafka", "reactions"),
    ):
        pass
    emitted, batch = kept
    assert (emitted.trace, emitted.service, emitted.root.parent) == (TRACE, "feeds", SPAN)
    assert (batch.service, [span.name for span in batch.spans]) == ("feeds", ["process posts"])


def test_a_failure_is_kept_by_type_and_never_by_text(kept: list[Part]) -> None:
    with pytest.raises(LookupError), spans.send("kafka", "posts"):
        raise LookupError("what a person wrote")
    with pytest.raises(LookupError), spans.request("GET", "/", "/", None, None), spans.view("sqlite", "get", "x"):
        raise LookupError("what a person wrote")
    assert [span.attributes["error.type"] for part in kept for span in part.spans] == ["LookupError"] * 3
    assert "person" not in repr(kept)


def test_spans_beyond_the_bound_are_counted_and_the_one_that_holds_them_is_kept(kept: list[Part]) -> None:
    with spans.request("GET", "/v1/home", "/v1/home", None, None):
        for _ in range(MAX_SPANS + 7):
            with spans.view("sqlite", "get", "feeds.cards"):
                pass
    [part] = kept
    assert (len(part.spans), part.more, part.root.name) == (MAX_SPANS + 1, 7, "GET /v1/home")


def test_a_path_of_a_stranger_is_recorded_up_to_a_bound(kept: list[Part]) -> None:
    with spans.request("GET", "unrouted", "/" + "x" * 8_000, None, None):
        pass
    assert len(str(kept[0].root.attributes["url.path"])) == spans.MAX_PATH


def test_a_store_call_outside_of_any_request_or_batch_is_not_recorded(kept: list[Part]) -> None:
    with spans.view("sqlite", "get", "progress") as span:
        assert not span.recorded
    assert kept == []


async def test_what_outlives_its_request_is_a_part_of_its_own_in_the_same_trace(kept: list[Part]) -> None:
    answered = asyncio.Event()

    async def late() -> None:
        with spans.view("sqlite", "get", "feeds.cards"):
            await answered.wait()

    with spans.request("GET", "/v1/home", "/v1/home", PARENT, None):
        task = asyncio.create_task(late())
        await asyncio.sleep(0)  # let it begin
    answered.set()
    await task
    request, rest = kept
    assert (request.trace, rest.trace) == (TRACE, TRACE)
    assert rest.root.parent == request.root.id


def test_shutdown_closes_what_keeps_them(kept: list[Part]) -> None:
    with spans.send("kafka", "posts"):
        pass
    shutdown()
    assert kept == [], "the fixture's close clears the list"

"""Trace context as strings."""

from hypothesis import given
from hypothesis import strategies as st

from libs.telemetry import current_trace_id, spans
from libs.telemetry.context import TraceContext, current, fresh, parse

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


def test_a_traceparent_is_read_and_written_back_alike() -> None:
    context = parse(PARENT, "vendor=1")
    assert context == TraceContext(TRACE, SPAN, "01", "vendor=1")
    assert context.traceparent == PARENT


@given(st.text() | st.from_regex(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", fullmatch=True), st.none() | st.text())
def test_any_text_is_a_context_or_none_of_it(traceparent: str, tracestate: str | None) -> None:
    context = parse(traceparent, tracestate)
    assert context is None or context.traceparent == traceparent


def test_ids_of_only_zeros_are_invalid() -> None:
    assert parse(f"00-{'0' * 32}-{SPAN}-01") is None
    assert parse(f"00-{TRACE}-{'0' * 16}-01") is None


def test_fresh_contexts_are_valid_and_differ() -> None:
    made = [fresh() for _ in range(100)]
    assert len({context.trace_id for context in made}) == 100
    assert all(parse(context.traceparent) == context for context in made)


def test_outside_of_any_span_there_is_no_trace() -> None:
    assert current() is None
    assert current_trace_id() == ""


def test_following_an_event_names_its_trace_until_it_ends() -> None:
    with spans.follow(PARENT):
        assert current_trace_id() == TRACE
    assert current_trace_id() == ""


def test_following_nothing_changes_nothing() -> None:
    with spans.follow("nonsense"):
        assert current() is None

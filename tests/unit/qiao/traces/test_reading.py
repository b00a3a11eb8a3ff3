"""Reading traces: one with all that it led to, the slowest, and what is said where there is nothing."""

from pathlib import Path

import pytest

from qiao.traces.reading import MAX_PARTS, TracesUnreadable, gather, open_traces
from tests.unit.qiao.traces.making import POST, T, U, a_part, a_span, a_trace_id, keep_all


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "traces.db"


def test_a_trace_brings_the_batches_that_handled_its_events_and_what_those_led_to(path: Path) -> None:
    third = a_part(a_trace_id(3), a_span(9, "process reactions", "consumer", links=[(U, 3)]), service="posts")
    other = a_part(a_trace_id(4), a_span(10))
    keep_all(path, *POST, third, other)
    with open_traces(path) as file:
        assert gather(file, T) == [*POST, third]
        assert gather(file, U) == [POST[1], third], "a batch does not bring its causes"
        assert gather(file, a_trace_id(99)) == []


def test_traces_that_link_to_each_other_end(path: Path) -> None:
    parts = (a_part(T, a_span(1, links=[(U, 2)])), a_part(U, a_span(2, links=[(T, 1)])))
    keep_all(path, *parts)
    with open_traces(path) as file:
        assert gather(file, T) == list(parts)


def test_a_trace_id_that_is_sent_for_ever_is_read_up_to_a_bound(path: Path) -> None:
    keep_all(path, *(a_part(T, a_span(number)) for number in range(1, MAX_PARTS + 100)))
    with open_traces(path) as file:
        assert len(gather(file, T)) == MAX_PARTS


def test_the_slowest_requests_come_slowest_first_of_one_route_or_of_all(path: Path) -> None:
    keep_all(
        path,
        a_part(a_trace_id(1), a_span(1, "GET /v1/home", took=5)),
        a_part(a_trace_id(2), a_span(2, "GET /v1/home", took=50)),
        a_part(a_trace_id(3), a_span(3, "POST /v1/posts", took=20)),
        a_part(a_trace_id(4), a_span(4, "process posts", "consumer", took=500)),
    )
    with open_traces(path) as file:
        assert file.slowest(2) == [a_trace_id(2), a_trace_id(3)], "batches are no requests"
        assert file.slowest(9, "/v1/home") == [a_trace_id(2), a_trace_id(1)]
        assert file.slowest(9, "DELETE") == []


def test_what_is_not_there_or_no_such_file_is_said(path: Path) -> None:
    with pytest.raises(TracesUnreadable, match="QIAO_TRACES"), open_traces(path):
        pass
    path.write_bytes(b"not a database" * 1_000)
    with pytest.raises(TracesUnreadable, match="cannot be read"), open_traces(path):
        pass
    assert path.read_bytes().startswith(b"not a database"), "reading changes nothing"


def test_another_versions_file_is_refused_by_name(path: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(TracesUnreadable, match="another version"), open_traces(path):
        pass

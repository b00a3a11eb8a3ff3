"""What traces add to a journey: how long after its append an event was folded, and by how many tries."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace

from qiao.journeys.shapes import Handled, Journey, Step
from qiao.journeys.showing import as_tree, remarks
from qiao.journeys.timing import timed
from qiao.traces.file import FILE
from qiao.traces.reading import open_traces
from tests.unit.qiao.traces.making import NOW_MS, POST, T, a_part, a_span, a_trace_id, keep_all

STEP = Step(
    event=UUID(int=1),
    type="PostCreated",
    place="posts[3]@7",
    source="/posts",
    actor=None,
    subject="s",
    decided_at=datetime.fromtimestamp(NOW_MS / 1000, UTC),
    appended_at=datetime.fromtimestamp((NOW_MS + 5) / 1000, UTC),
    append_ms=5,
    after_ms=0,
    trace=T,
    handled=(Handled(projection="feeds", state="folded"), Handled(projection="posts", state="folded")),
)
JOURNEY = Journey(post=UUID(int=1), steps=(STEP,), complete=True)


def _lines(journey: Journey) -> list[str]:
    return [str(child.label) for child in as_tree(journey).children]


def test_how_long_after_its_append_an_event_was_folded_is_told_from_the_traces(tmp_path: Path) -> None:
    keep_all(tmp_path / FILE, *POST)
    with open_traces(tmp_path / FILE) as file:
        journey = timed(JOURNEY, file.handlers_of)
    [feeds, posts] = journey.steps[0].handled
    assert (feeds.handled_ms, feeds.batches) == (15, 1)
    assert (posts.handled_ms, posts.batches) == (None, 0)
    assert _lines(journey)[0] == "feeds  folded, 15 ms after the append"
    assert not list(remarks(journey))


def test_a_retry_is_a_batch_more(tmp_path: Path) -> None:
    span = a_span(5, "process posts", "consumer", at=30, took=5, links=[(T, 2)])
    again = replace(span, attributes={"messaging.destination.partition.id": "3"})
    keep_all(tmp_path / FILE, *POST, a_part(a_trace_id(9), again, service="feeds"))
    with open_traces(tmp_path / FILE) as file:
        [feeds, _] = timed(JOURNEY, file.handlers_of).steps[0].handled
    assert (feeds.handled_ms, feeds.batches) == (30, 2)


@pytest.mark.parametrize("place", ["posts[4]@7", "reactions[3]@7"])
def test_a_batch_of_another_partition_is_not_taken_for_it(tmp_path: Path, place: str) -> None:
    keep_all(tmp_path / FILE, *POST)
    with open_traces(tmp_path / FILE) as file:
        [step] = timed(replace(JOURNEY, steps=(replace(STEP, place=place),)), file.handlers_of).steps
    assert step.handled[0].handled_ms is None


def test_that_it_is_not_known_without_traces_is_said() -> None:
    assert any("is not known: no trace is kept" in remark for remark in remarks(JOURNEY))

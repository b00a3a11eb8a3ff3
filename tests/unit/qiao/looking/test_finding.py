"""An event is found by its id, near its time first and wherever it is at last."""

from uuid import UUID, uuid4

import pytest

from libs.events import PostLiked
from libs.log import Place
from libs.log.embedded import EmbeddedLog
from qiao.looking import NoSuchEvent, find_event, find_place
from qiao.looking.finding import WINDOWS
from qiao.sources import bounds_of
from tests.unit.qiao.story import FIRST, LIN, Story, id_at

DELAYS = (0, 0.049, 0.5, 3, 5, 59, 60, 7_200, 10_000)


@pytest.fixture
def story() -> Story:
    """Likes whose ids are older than their records by more and more, then one whose id is of the future."""
    told = Story()
    for number, delay in enumerate(DELAYS):
        told.tell(PostLiked(account=LIN, post=FIRST), 1, LIN, id_at(1, number), late=delay)
    for number, early in enumerate((0.5, 30, 3_600)):
        told.tell(PostLiked(account=LIN, post=FIRST), 20_000, LIN, id_at(20_000 + early, 100 + number))
    return told


async def look(log: EmbeddedLog, event: UUID) -> tuple[UUID, int]:
    """What was found, and how many records were looked at."""
    looked: list[int] = []
    record = await find_event(log, await bounds_of(log), event, looked.append)
    return UUID(dict(record.headers)["ce_id"].decode()), sum(looked)


async def test_it_is_found_however_far_its_id_and_the_log_are_apart(log: EmbeddedLog, story: Story) -> None:
    for event in story.ids:
        assert (await look(log, event))[0] == event


async def test_what_was_appended_at_once_costs_a_look_at_its_neighbours(log: EmbeddedLog, story: Story) -> None:
    assert (await look(log, story.ids[0]))[1] == 2


async def test_an_id_that_is_not_there_costs_one_look_at_everything(log: EmbeddedLog, story: Story) -> None:
    for event in (id_at(1, 99), id_at(999_999, 1), uuid4()):
        looked: list[int] = []
        with pytest.raises(NoSuchEvent, match=str(event)):
            await find_event(log, await bounds_of(log), event, looked.append)
        assert sum(looked) == len(story.records)


def test_the_windows_cover_all_time_once() -> None:
    sides = sorted((window.begin is not None, window.begin or 0, window.end) for window in WINDOWS)
    assert (sides[0][2], sides[-1][2]) == (sides[1][1], None)
    assert [begin for _, begin, _ in sides[1:]] == [end for *_, end in sides[:-1]]


async def test_a_place_holds_its_record_or_nothing(log: EmbeddedLog, story: Story) -> None:
    record = story.records[3]
    bounds, place = await bounds_of(log), record.place
    assert await find_place(log, bounds, place) == record
    behind = place._replace(offset=place.offset + 1)
    for nowhere in (behind, place._replace(offset=10**9), Place("gossip", 0, 0)):
        with pytest.raises(NoSuchEvent):
            await find_place(log, bounds, nowhere)

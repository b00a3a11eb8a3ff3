"""Waiting for one's own writes, within bounds."""

import asyncio

import pytest

from libs.http import Waits
from libs.log import Partition


class Folding:
    """Projections that get on by one step each time they are asked."""

    def __init__(self, **steps: list[int]) -> None:
        """For each projection what it has reached, one answer after the other; the last one stays."""
        self.steps = steps
        self.asked = 0

    async def reached(self, projection: str, topic: str, partition: int) -> int:
        self.asked += 1
        steps = self.steps[projection]
        return steps.pop(0) if len(steps) > 1 else steps[0]


TOPICS = {"feeds": {"posts", "reactions"}, "accounts": {"accounts"}}
POSITION = {Partition("posts", 3): 41}


async def test_what_is_folded_already_is_not_waited_for() -> None:
    folding = Folding(feeds=[42])
    assert await Waits(folding, TOPICS).wait(["feeds"], POSITION)
    assert folding.asked == 1


async def test_a_wait_ends_when_the_offset_itself_is_folded() -> None:
    folding = Folding(feeds=[0, 41, 41, 42])
    assert await Waits(folding, TOPICS).wait(["feeds"], POSITION)
    assert folding.asked == 4


async def test_a_wait_that_takes_too_long_says_so() -> None:
    assert not await Waits(Folding(feeds=[41]), TOPICS, timeout=0.05).wait(["feeds"], POSITION)


async def test_a_projection_is_not_waited_for_with_topics_that_it_does_not_fold() -> None:
    folding = Folding(accounts=[0], feeds=[42])
    assert await Waits(folding, TOPICS).wait(["accounts", "feeds"], POSITION)
    assert folding.asked == 1


async def test_of_several_goals_only_those_not_reached_are_asked_again() -> None:
    folding = Folding(feeds=[42, 0, 42])
    assert await Waits(folding, TOPICS).wait(["feeds"], POSITION | {Partition("posts", 4): 1})
    assert folding.asked == 3


async def test_pauses_grow_from_2_ms_to_10_ms_and_never_pass_the_deadline() -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(seconds)

    await Waits(Folding(feeds=[0]), TOPICS, timeout=0.2, pause=pause).wait(["feeds"], POSITION)
    assert pauses[0] == 0.002
    assert max(pauses) == 0.01
    assert sum(pauses) <= 0.2


async def test_a_projection_that_nobody_declared_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        await Waits(Folding(), TOPICS).wait(["trends"], POSITION)

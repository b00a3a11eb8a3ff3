"""Read your own writes: wait, within bounds, until the projections that a route reads have folded a position."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from libs.http.positions import Position

TIMEOUT = 2.0
FIRST_PAUSE = 0.002
LONGEST_PAUSE = 0.01
GROWTH = 1.6


class Progress(Protocol):
    """What a wait asks; `libs.projections` implements it on the views."""

    async def reached(self, projection: str, topic: str, partition: int) -> int:
        """The first offset of the partition that the projection has not folded yet; 0 if it folded nothing."""


class Goal(NamedTuple):
    """A projection must have folded this offset."""

    projection: str
    topic: str
    partition: int
    offset: int


class Waits:
    """Waits until projections have got to a position."""

    def __init__(
        self,
        progress: Progress,
        topics: Mapping[str, Collection[str]],
        *,
        timeout: float = TIMEOUT,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`topics` are those that each projection folds: it is not waited for with any other.

        `timeout` in seconds. `pause` sleeps at most so many seconds; where projections run in this process it may
        return as soon as one of them moved.
        """
        self._progress, self._topics, self._timeout, self._pause = progress, topics, timeout, pause

    async def wait(self, projections: Sequence[str], position: Position) -> bool:
        """True once all of them are there, False if that took too long: then the answer is stale.

        Raises what the views raise, KeyError for a projection that nobody declared.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        goals, pause = self._goals(projections, position), FIRST_PAUSE
        while goals := await self._missing(goals):
            left = deadline - loop.time()
            if left <= 0:
                return False
            await self._pause(min(pause, left))
            pause = min(pause * GROWTH, LONGEST_PAUSE)
        return True

    def _goals(self, projections: Sequence[str], position: Position) -> list[Goal]:
        return [
            Goal(projection, topic, number, offset)
            for projection in projections
            for (topic, number), offset in position.items()
            if topic in self._topics[projection]
        ]

    async def _missing(self, goals: Sequence[Goal]) -> list[Goal]:
        asked = (self._progress.reached(goal.projection, goal.topic, goal.partition) for goal in goals)
        reached = await asyncio.gather(*asked)
        return [goal for goal, there in zip(goals, reached, strict=True) if there <= goal.offset]

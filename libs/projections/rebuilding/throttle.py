"""Holding a rebuild back so that who reads the live tables does not notice it."""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from libs.log import Partition
from libs.projections.rebuilding.ground import Ground

MAX_LAG = 0.5
"""Seconds."""

LOOK_EVERY = 0.25
LOOKS_KEPT = 400
LOOK_AGAIN = 0.05

STUCK = 10.0
"""Seconds without any progress while the rebuild stands still, after which it is not what holds the projection up."""

LEAST_PAUSE = 0.01
"""Seconds between two batches in which others get at the store."""

FIRST_SHARE, LEAST_SHARE, MOST_SHARE, GROWTH = 0.5, 0.1, 0.95, 1.15


class Looked(NamedTuple):
    """Where the log ended at a moment."""

    at: float
    ends: Mapping[Partition, int]


class LiveLag:
    """How far a generation is behind the log, in seconds: for so long something stands there that it has not folded."""

    def __init__(self, ground: Ground, generation: int) -> None:
        """`generation` is the one that serves."""
        self._ground, self._views = ground, ground.at(generation)
        self._unfolded: deque[Looked] = deque()
        self._reached: Mapping[Partition, int] = {}
        self.moved_at = asyncio.get_running_loop().time()
        """When it was last seen to have folded something, by the loop's clock."""

    async def seconds(self) -> float:
        """Look once more. Raises what the stores raise."""
        bounds = await self._ground.log.bounds(self._ground.places)
        reached = await self._ground.marks(self._views, "reached")
        now = asyncio.get_running_loop().time()
        if reached != self._reached:
            self._reached, self.moved_at = reached, now
        if len(self._unfolded) < LOOKS_KEPT:
            self._unfolded.append(Looked(now, {place: each.end for place, each in bounds.items() if each.end}))
        while self._unfolded and _passed(self._unfolded[0].ends, reached):
            self._unfolded.popleft()
        return now - self._unfolded[0].at if self._unfolded else 0.0


def _passed(ends: Mapping[Partition, int], reached: Mapping[Partition, int]) -> bool:
    return all(reached.get(place, 0) >= end for place, end in ends.items())


class Throttle:
    """Works for a share of the time that falls quickly when the live tables lag, and grows slowly while they do not."""

    def __init__(self, lag: LiveLag, max_lag: float = MAX_LAG) -> None:
        """`max_lag` in seconds."""
        self._lag, self._max_lag = lag, max_lag
        self._share, self._look_at = FIRST_SHARE, 0.0
        self.held = 0.0
        """Seconds for which everything stood still because the live tables lagged."""

    async def after(self, spent: float) -> None:
        """Call it between batches: `spent` is how long the last one took, in seconds. Raises what the stores raise."""
        loop = asyncio.get_running_loop()
        if loop.time() >= self._look_at:
            if await self._lag.seconds() > self._max_lag:
                await self._hold()
            else:
                self._share = min(MOST_SHARE, self._share * GROWTH)
            self._look_at = loop.time() + LOOK_EVERY
        await asyncio.sleep(max(LEAST_PAUSE, spent * (1 / self._share - 1)))

    async def _hold(self) -> None:
        """Stand still until half of the bound is reached again."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._share = max(LEAST_SHARE, self._share / 2)
        while True:
            lag = await self._lag.seconds()
            if lag <= self._max_lag / 2 or loop.time() - max(began, self._lag.moved_at) > STUCK:
                break
            await asyncio.sleep(LOOK_AGAIN)
        self.held += loop.time() - began

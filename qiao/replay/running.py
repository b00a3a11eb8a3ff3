"""One replay: from a source's records in the canonical order to the scratch views."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

from libs.log import Bounds, Log, Partition
from libs.log.merging import Ordered, in_batches, in_canonical_order
from libs.projections.replaying import BATCH, Replayer
from qiao.replay.scratch import ScratchRefused
from qiao.replay.until import Until
from qiao.sources import Source

Left = Mapping[Partition, Bounds]
"""What is still to be folded."""


class Pace:
    """Holds records back until their time has come: `speed` times as fast as they once came."""

    def __init__(
        self,
        speed: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Starts with the first record. `clock` and `sleep` in seconds."""
        self._speed, self._clock, self._sleep = speed, clock, sleep
        self._began: tuple[float, int] | None = None

    async def due(self, stretches: AsyncIterator[list[Ordered]], most: int) -> AsyncIterator[Sequence[Ordered]]:
        """The records as they are due, at most so many at once."""
        async for stretch in stretches:
            waiting: list[Ordered] = []
            for each in stretch:
                left = self._left(each)
                if waiting and (left > 0 or len(waiting) == most):
                    yield waiting
                    waiting, left = [], self._left(each)
                if left > 0:
                    await self._sleep(left)
                waiting.append(each)
            yield waiting

    def _left(self, each: Ordered) -> float:
        """Seconds until a record is due."""
        now, ms = self._clock(), each.at.timestamp
        began = self._began = self._began or (now, ms)
        return began[0] + (ms - began[1]) / 1000 / self._speed - now


async def left_of(source: Source, replayer: Replayer, until: Until) -> Left:
    """What is left to fold of the topics that the projections handle.

    Raises ScratchRefused where the log ends before what was folded, LogError, ViewsUnavailable.
    """
    wanted = {place: each for place, each in source.bounds.items() if place.topic in replayer.topics}
    narrowed = await until.narrowed(source.log, wanted)
    reached = await replayer.starts(narrowed)
    for place, offset in reached.items():
        if (offset or 0) > source.bounds[place].end:
            raise ScratchRefused(
                f"{place} was folded up to {offset}, but {source.name} ends at "
                f"{source.bounds[place].end}: it is not the log that this folder was folded from"
            )
    if until.passed(reached):
        return {}
    return {place: Bounds(max(start, reached[place] or start), end) for place, (start, end) in narrowed.items()}


async def run(
    log: Log,
    left: Left,
    replayer: Replayer,
    until: Until,
    *,
    speed: float | None = None,
    count: Callable[[int], object] = lambda _: None,
) -> int:
    """Fold what is left, up to `until`; the number of records that this was. Cancel it at any point.

    With a `speed` records are folded as they are due, otherwise in batches that are the same every time.
    Raises LogError, ViewsUnavailable.
    """
    records, stretches = 0, cut(log, left, until)
    async for batch in in_batches(stretches, BATCH) if speed is None else Pace(speed).due(stretches, BATCH):
        await replayer.fold([each.record for each in batch])
        records += len(batch)
        count(len(batch))
    return records


async def cut(log: Log, left: Left, until: Until) -> AsyncIterator[list[Ordered]]:
    """The records to fold, in the canonical order. Raises LogError."""
    async for stretch in in_canonical_order(log, left):
        records, over = until.cut(stretch)
        if records:
            yield list(records)
        if over:
            return

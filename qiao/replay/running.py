"""One replay: from a source's records in the canonical order to the scratch views."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from libs.log import Bounds, Log, Partition
from libs.log.merging import Ordered, in_batches, in_canonical_order
from libs.projections.replaying import BATCH, Replayer
from qiao.replay.scratch import ScratchRefused
from qiao.replay.until import Until
from qiao.sources import Source

Left = Mapping[Partition, Bounds]
"""What is still to be folded."""


class Pace:
    """Holds batches back until their time has come: `speed` times as fast as they once came; None for no pause."""

    def __init__(self, speed: float | None) -> None:
        """Starts with the first batch."""
        self._speed = speed
        self._began: tuple[float, int] | None = None

    async def keep(self, batch: Sequence[Ordered]) -> None:
        """Wait until the last record of the batch is due."""
        if self._speed is None:
            return
        now, last = asyncio.get_running_loop().time(), batch[-1].at.timestamp
        began = self._began = self._began or (now, batch[0].at.timestamp)
        await asyncio.sleep(max(0.0, began[0] + (last - began[1]) / 1000 / self._speed - now))


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

    Raises LogError, ViewsUnavailable.
    """
    pace, records = Pace(speed), 0
    async for batch in in_batches(cut(log, left, until), BATCH):
        await pace.keep(batch)
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

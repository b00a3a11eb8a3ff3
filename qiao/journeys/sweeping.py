"""Reading every event since a moment, for those that name a post in whatever way."""

from collections.abc import Callable

from libs.log import Bounds, Log, Partition, Record
from libs.log.stretches import stretches
from qiao.journeys.finding import BEFORE_MS

Count = Callable[[int], object]
"""Told how many more events were read."""


def nobody(_more: int) -> None:
    """Nobody wants to know."""


async def sweep(log: Log, text: str, since_ms: int, count: Count) -> list[Record]:
    """Every record since then whose key or data holds the text, up to the end as it is now. Raises LogUnavailable."""
    places = [Partition(name, n) for name, info in (await log.topics()).items() for n in range(info.partitions)]
    starts = await log.offsets_at(places, since_ms - BEFORE_MS)
    bounds = {place: Bounds(starts[place], end) for place, (_, end) in (await log.bounds(places)).items()}
    found, wanted = list[Record](), text.encode()
    async for stretch in stretches(log, bounds):
        found += [each for each in stretch.records if _names(each, wanted)]
        count(len(stretch.records))
    return found


def _names(record: Record, wanted: bytes) -> bool:
    return record.key == wanted or wanted in record.value

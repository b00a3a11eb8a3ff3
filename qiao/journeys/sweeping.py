"""Reading every event since a moment, for those that name a post in whatever way."""

from collections.abc import Callable

from libs.log import Log, Partition, Record
from qiao.journeys.finding import BEFORE_MS, TIMEOUT, reading

POLL = 2_000

Count = Callable[[int], object]
"""Told how many more events were read."""


def nobody(_more: int) -> None:
    """Nobody wants to know."""


async def sweep(log: Log, text: str, since_ms: int, count: Count) -> list[Record]:
    """Every record since then whose key or data holds the text, up to the end as it is now. Raises LogUnavailable."""
    places = [Partition(name, n) for name, info in (await log.topics()).items() for n in range(info.partitions)]
    ends = {place: bounds.end for place, bounds in (await log.bounds(places)).items()}
    start = {
        place: at for place, at in (await log.offsets_at(places, since_ms - BEFORE_MS)).items() if at < ends[place]
    }
    found, left, wanted = list[Record](), set(start), text.encode()
    if not start:
        return found
    async with reading(log, start) as reader:
        while left and (polled := await reader.poll(POLL, TIMEOUT)):
            for place, records in polled.items():
                found += [each for each in records if each.offset < ends[place] and _names(each, wanted)]
                if records[-1].offset + 1 >= ends[place]:
                    left.discard(place)
            count(sum(map(len, polled.values())))
    return found


def _names(record: Record, wanted: bytes) -> bool:
    return record.key == wanted or wanted in record.value

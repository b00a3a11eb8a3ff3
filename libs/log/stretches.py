"""Reading parts of a log once, without a group, each partition in its order: the fastest way.

Who needs all partitions in one order reads with `libs.log.merging`.
"""

from bisect import bisect_left
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple

from libs.log.port import Bounds, Log, LogUnavailable, Partition, Reader, Record

POLL_EVENTS = 4_000
POLL_TIMEOUT = 10.0

Wanted = Mapping[Partition, Sequence[int]]
"""The offsets to take, rising; the log is skipped where none is near."""

GAP = 5_000
"""Offsets that are read and thrown away rather than jumped over: a jump costs a fetch."""


class Stretch(NamedTuple):
    """Records in the order of their partitions, and how far that brings each of these partitions."""

    records: Sequence[Record]
    positions: Mapping[Partition, int]


async def stretches(
    log: Log, bounds: Mapping[Partition, Bounds], wanted: Wanted | None = None, *, most: int | None = None
) -> AsyncIterator[Stretch]:
    """Everything within `bounds`, or only what is wanted of it; up to `most` (POLL_EVENTS) records at a time.

    Raises LogUnavailable, also when the log ends before the bounds do; OffsetOutOfRange, UnknownTopic.
    """
    open_ = {place: each for place, each in bounds.items() if each.start < each.end}
    if wanted is not None:
        done = {place: each.end for place, each in open_.items() if _next(wanted, place, each.start) >= each.end}
        if done:
            yield Stretch([], done)
        open_ = {place: each for place, each in open_.items() if place not in done}
    if not open_:
        return
    reader = await log.reader({place: each.start for place, each in open_.items()})
    reading = _Reading(reader, {place: each.end for place, each in open_.items()}, wanted, most or POLL_EVENTS)
    try:
        reading.jump({place: each.start for place, each in open_.items()})
        while reading.ends:
            yield await reading.next()
    finally:
        await reader.close()


class _Reading:
    def __init__(self, reader: Reader, ends: dict[Partition, int], wanted: Wanted | None, most: int) -> None:
        self.ends, self._most = ends, most
        self._reader, self._wanted = reader, wanted
        self._sets = {place: frozenset(offsets) for place, offsets in (wanted or {}).items()}

    async def next(self) -> Stretch:
        polled = await self._reader.poll(self._most, POLL_TIMEOUT)
        if not polled:
            place = min(self.ends)
            raise LogUnavailable(f"nothing more came of {place} before its end")
        taken: list[Record] = []
        positions: dict[Partition, int] = {}
        for place, records in polled.items():
            if place in self.ends:
                end = self.ends[place]
                positions[place] = min(records[-1].offset + 1, end)
                taken += self._taken(place, records, end)
        self._stop({place for place, position in positions.items() if position >= self.ends[place]})
        return Stretch(taken, self.jump(positions))

    def _taken(self, place: Partition, records: Sequence[Record], end: int) -> Sequence[Record]:
        inside = records if records[-1].offset < end else [each for each in records if each.offset < end]
        if self._wanted is None:
            return inside
        wanted = self._sets.get(place, frozenset())
        return [each for each in inside if each.offset in wanted]

    def jump(self, positions: Mapping[Partition, int]) -> Mapping[Partition, int]:
        """Leave out what is not wanted: where the partitions are then."""
        if self._wanted is None:
            return positions
        moved = dict(positions)
        for place, position in positions.items():
            if place not in self.ends:
                continue
            following = _next(self._wanted, place, position)
            if following >= self.ends[place]:
                moved[place] = self.ends[place]
                self._stop({place})
            elif following - position > GAP:
                moved[place] = following
                self._reader.seek(place, following)
        return moved

    def _stop(self, places: set[Partition]) -> None:
        self._reader.pause(places)
        for place in places:
            self.ends.pop(place, None)


def _next(wanted: Wanted, place: Partition, position: int) -> int:
    """The first offset wanted at or above a position; beyond every end where there is none."""
    offsets = wanted.get(place, ())
    at = bisect_left(offsets, position)
    return offsets[at] if at < len(offsets) else 1 << 62

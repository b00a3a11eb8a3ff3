"""The canonical order of a log's records: by log time, topic, partition, offset. Replays fold in it.

Within a partition the offset decides: where the log's clock went back, a record counts as no older than the one before
it. So the order is the same however the records arrive, and it keeps the order of every partition.
"""

from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple

from libs.log.port import Bounds, Log, LogUnavailable, Partition, Place, Reader, Record

POLL_EVENTS = 2_000
POLL_TIMEOUT = 10.0
MOST_BUFFERED = 4_000
"""Records of one partition that wait for those of the others."""


class Instant(NamedTuple):
    """A place in the canonical order. `timestamp` in milliseconds since 1970 UTC, never falling within a partition."""

    timestamp: int
    topic: str
    partition: int
    offset: int

    @property
    def place(self) -> Place:
        """Without the time."""
        return Place(*self[1:])


class Ordered(NamedTuple):
    """A record at its place in the canonical order."""

    at: Instant
    record: Record


async def in_canonical_order(log: Log, bounds: Mapping[Partition, Bounds]) -> AsyncIterator[list[Ordered]]:
    """The records within `bounds`, in stretches of any length.

    Raises LogUnavailable, also when the log ends before the bounds do; OffsetOutOfRange, UnknownTopic.
    """
    open_ = {place: each for place, each in bounds.items() if each.start < each.end}
    if not open_:
        return
    reader = await log.reader({place: each.start for place, each in open_.items()})
    merge = _Merge(reader, {place: each.end for place, each in open_.items()})
    try:
        while stretch := await merge.next():
            yield stretch
    finally:
        await reader.close()


async def in_batches(stretches: AsyncIterator[list[Ordered]], size: int) -> AsyncIterator[Sequence[Ordered]]:
    """The same records in batches of exactly `size`, the last one shorter, however they arrived."""
    waiting: list[Ordered] = []
    async for stretch in stretches:
        waiting += stretch
        begin = 0
        while len(waiting) - begin >= size:
            yield waiting[begin : begin + size]
            begin += size
        del waiting[:begin]
    if waiting:
        yield waiting


class _Merge:
    def __init__(self, reader: Reader, ends: Mapping[Partition, int]) -> None:
        self._reader = reader
        self._ends = dict(ends)
        self._times = dict.fromkeys(ends, 0)
        self._buffers: dict[Partition, deque[Ordered]] = {place: deque() for place in ends}

    async def next(self) -> list[Ordered]:
        """What is certain to come next; empty at the end."""
        while any(not self._buffers[place] for place in self._ends):
            await self._read()
        # Behind the last record of a partition that has more to come there may be older ones than the others hold.
        certain = min((self._buffers[place][-1].at for place in self._ends), default=None)
        stretch = [each for buffer in self._buffers.values() for each in _taken(buffer, certain)]
        stretch.sort()
        self._reader.resume([place for place in self._ends if len(self._buffers[place]) < MOST_BUFFERED])
        return stretch

    async def _read(self) -> None:
        polled = await self._reader.poll(POLL_EVENTS, POLL_TIMEOUT)
        if not polled:
            lacking = sorted(place for place in self._ends if not self._buffers[place])
            raise LogUnavailable(f"nothing more came of {lacking[0]} before its end")
        for place, records in polled.items():
            if place in self._ends:
                self._take(place, records)

    def _take(self, place: Partition, records: Sequence[Record]) -> None:
        end, buffer, time = self._ends[place], self._buffers[place], self._times[place]
        for record in records:
            if record.offset < end:
                time = max(time, record.timestamp)
                buffer.append(Ordered(Instant(time, *place, record.offset), record))
        self._times[place] = time
        if records[-1].offset + 1 >= end:
            del self._ends[place]
            self._reader.pause([place])
        elif len(buffer) >= MOST_BUFFERED:
            self._reader.pause([place])


def _taken(buffer: deque[Ordered], certain: Instant | None) -> list[Ordered]:
    taken = []
    while buffer and (certain is None or buffer[0].at <= certain):
        taken.append(buffer.popleft())
    return taken

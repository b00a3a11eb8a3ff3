"""Finding events in the log without an index: by the partition of their key and the time in their id."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from libs.log import Log, Partition, Reader, Record
from libs.log.partitioner import partition_for

BEFORE_MS = 5_000
"""So far may the log's clock be behind the one that made an id: processes more than a second off are not ready."""

AFTER_MS = 600_000
"""So long may an append take that was retried."""

MOST_READ = 5_000
"""Records looked at for one event."""

FIRST_POLL, POLL = 32, 500
TIMEOUT = 10.0


class Clue(NamedTuple):
    """What is known of an event: enough to find it."""

    topic: str
    key: str
    at_ms: int
    type: str
    event: UUID | None = None
    """Its id; where it is not known, `at_ms` and `exact` tell."""
    exact: bool = False
    """`at_ms` is when the event was decided, to the millisecond."""


class Finder:
    """Reads events of one log. Every method raises LogUnavailable."""

    def __init__(self, log: Log, partitions: Mapping[str, int]) -> None:
        """`partitions` is how many each topic has."""
        self._log, self._partitions = log, partitions

    def partition_of(self, topic: str, key: str) -> Partition | None:
        """Where events of a key stand; None where there is no such topic."""
        count = self._partitions.get(topic)
        return Partition(topic, partition_for(key.encode(), count)) if count else None

    async def find(self, clue: Clue) -> Record | None:
        """The first such event near its time; None if the log does not show it there."""
        partition = self.partition_of(clue.topic, clue.key)
        if partition is None:
            return None
        start = (await self._log.offsets_at([partition], clue.at_ms - BEFORE_MS))[partition]
        looked = 0
        async for record in self.records(partition, start):
            looked += 1
            if _is_it(record, clue):
                return record
            if looked >= MOST_READ or record.timestamp > clue.at_ms + AFTER_MS:
                return None
        return None

    async def at(self, partition: Partition, offset: int) -> Record | None:
        """The record of this very offset; None where there is none."""
        async for record in self.records(partition, offset):
            return record if record.offset == offset else None
        return None

    async def of_key(self, partition: Partition, key: str, offset: int, most: int) -> list[Record]:
        """What stands under a key from `offset` on, among the next `most` records."""
        found, looked = list[Record](), 0
        async for record in self.records(partition, offset):
            looked += 1
            if record.key == key.encode():
                found.append(record)
            if looked >= most:
                break
        return found

    async def records(self, partition: Partition, offset: int) -> AsyncIterator[Record]:
        """The records of a partition from `offset` to the end that it has now."""
        bounds = (await self._log.bounds([partition]))[partition]
        start = max(offset, bounds.start)
        if start >= bounds.end:
            return
        async with reading(self._log, {partition: start}) as reader:
            at, count = start, FIRST_POLL
            while at < bounds.end:
                records = (await reader.poll(count, TIMEOUT)).get(partition, ())
                if not records:
                    return
                for record in records:
                    if record.offset >= bounds.end:
                        return
                    yield record
                at, count = records[-1].offset + 1, POLL


@asynccontextmanager
async def reading(log: Log, start: Mapping[Partition, int]) -> AsyncIterator[Reader]:
    """A reader, closed in the end."""
    reader = await log.reader(start)
    try:
        yield reader
    finally:
        await reader.close()


def _is_it(record: Record, clue: Clue) -> bool:
    if record.key != clue.key.encode():
        return False
    headers = dict(record.headers)
    if clue.event is not None:
        return headers.get("ce_id") == str(clue.event).encode()
    return headers.get("ce_type") == clue.type.encode() and (not clue.exact or _decided(headers) == clue.at_ms)


def _decided(headers: Mapping[str, bytes]) -> int | None:
    try:
        return int(datetime.fromisoformat(headers["ce_time"].decode()).timestamp() * 1000)
    except (KeyError, ValueError):
        return None

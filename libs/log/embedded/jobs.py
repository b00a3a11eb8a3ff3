"""What waits to be written, and the rows that come of it."""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from libs.log.embedded import rows
from libs.log.embedded.rows import Row, Tail, Topics, encode_headers
from libs.log.partitioner import partition_for
from libs.log.port import Entry, LogError, Partition, Place, Record, TopicSpec


class Ends:
    """Where each partition ends, counting what is in the open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """`connection` is the writing one."""
        self.connection = connection
        self.topics: Topics = {}
        self._tails: dict[Partition, Tail] = {}
        self._moved: dict[Partition, int] = {}
        self.in_doubt = True

    def begin(self) -> None:
        """A transaction has begun. After one that came to nothing, perhaps, look at the file again."""
        if self.in_doubt:
            self._tails, self._moved = {}, {}
            self.topics = rows.load_topics(self.connection)
            self.in_doubt = False

    def tail(self, partition: Partition) -> Tail:
        """The next offset and the last time."""
        found = self._tails.get(partition)
        if found is None:
            topic = self.topics[partition.topic]
            found = self._tails[partition] = rows.tail(self.connection, topic, partition.number)
        return found

    def move(self, partition: Partition, offset: int, timestamp: int) -> None:
        """A record was given this offset."""
        self._tails[partition] = Tail(offset + 1, timestamp)
        self._moved[partition] = offset + 1

    def committed(self) -> dict[Partition, int]:
        """The transaction is durable: the new end of each partition that it moved."""
        moved, self._moved = self._moved, {}
        return moved


class Job(ABC):
    """One call that waits for a commit. What it can be refused for is found before its first row."""

    size = 0
    """Bytes that it holds."""

    def __init__(self) -> None:
        """Made on the event loop."""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @abstractmethod
    def rows(self, ends: Ends, now: int) -> Iterator[Row]:
        """The rows to insert; `now` is in milliseconds. Raises LogError before the first."""

    def succeed(self) -> None:
        """It is durable. Who waited may be gone."""
        if not self.done.done():
            self.done.set_result(None)

    def fail(self, error: LogError) -> None:
        """It is not durable, as far as we know."""
        if not self.done.done():
            self.done.set_exception(error)


class Append(Job):
    """Entries get the next offsets of their partitions, and the time at which they are written."""

    def __init__(self, entries: Sequence[Entry], size: int) -> None:
        """Their topics exist; `size` is the bytes of them all."""
        super().__init__()
        self._entries, self.size = entries, size
        self.places: list[Place] = []

    def rows(self, ends: Ends, now: int) -> Iterator[Row]:
        """A record is never older than the one before it, even where the clock was put back."""
        for entry in self._entries:
            topic = ends.topics[entry.topic]
            number = partition_for(entry.key, topic.partitions)
            partition = Partition(topic.name, number)
            offset, last = ends.tail(partition)
            timestamp = max(last, now)
            ends.move(partition, offset, timestamp)
            self.places.append(Place(topic.name, number, offset))
            yield topic.number, number, offset, timestamp, entry.key, entry.value, encode_headers(entry.headers)


class Restore(Job):
    """Records keep the offsets and times that they had elsewhere."""

    def __init__(self, records: Sequence[Record]) -> None:
        """Their partitions exist."""
        super().__init__()
        self._records = records
        self.size = sum(len(record.key) + len(record.value) for record in records)

    def rows(self, ends: Ends, now: int) -> Iterator[Row]:
        """`now` has no say. Raises LogError where an offset is not above all of its partition."""
        self._check(ends)
        for record in self._records:
            ends.move(Partition(record.topic, record.partition), record.offset, record.timestamp)
            at = (ends.topics[record.topic].number, record.partition, record.offset, record.timestamp)
            yield *at, record.key, record.value, encode_headers(record.headers)

    def _check(self, ends: Ends) -> None:
        seen: dict[Partition, int] = {}
        for record in self._records:
            place = Partition(record.topic, record.partition)
            end = seen[place] if place in seen else ends.tail(place).end
            if record.offset < end:
                raise LogError(f"{place} ends at {end}: nothing can be restored at {record.offset}")
            seen[place] = record.offset + 1


class Create(Job):
    """Topics that are to exist."""

    def __init__(self, specs: Sequence[TopicSpec]) -> None:
        """See the port."""
        super().__init__()
        self._specs = specs

    def rows(self, ends: Ends, now: int) -> Iterator[Row]:
        """None. Raises LogError where an existing topic has other partitions than asked."""
        rows.create(ends.connection, self._specs)
        ends.topics = rows.load_topics(ends.connection)
        yield from ()

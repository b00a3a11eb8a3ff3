"""What waits to be written, and the rows that come of it."""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from libs.log.embedded import rows
from libs.log.embedded.rows import Row, Tail, Topic, Topics, encode_headers
from libs.log.partitioner import partition_for
from libs.log.port import Entry, LogError, Partition, Place, Record, TopicSpec
from libs.log.sizes import check_size

Key = tuple[int, int]
"""Topic number and partition."""


class Ends:
    """Where each partition ends, counting what is in the open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """`connection` is the writing one."""
        self.connection = connection
        self.topics: Topics = {}
        self._tails: dict[Key, Tail] = {}
        self._moved: dict[Partition, int] = {}
        self.in_doubt = True

    def begin(self) -> None:
        """A transaction has begun. After one that came to nothing, perhaps, look at the file again."""
        if self.in_doubt:
            self._tails, self._moved = {}, {}
            self.topics = rows.load_topics(self.connection)
            self.in_doubt = False

    def tail(self, topic: Topic, partition: int) -> Tail:
        """The next offset and the last time."""
        key = (topic.number, partition)
        found = self._tails.get(key)
        if found is None:
            found = self._tails[key] = rows.tail(self.connection, topic, partition)
        return found

    def move(self, topic: Topic, partition: int, offset: int, timestamp: int) -> None:
        """A record was given this offset."""
        self._tails[topic.number, partition] = Tail(offset + 1, timestamp)
        self._moved[Partition(topic.name, partition)] = offset + 1

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

    def __init__(self, entries: Sequence[Entry]) -> None:
        """Raises ValueError for an entry that is too large."""
        super().__init__()
        self._entries = entries
        self.size = sum(map(check_size, entries))
        self.places: list[Place] = []

    def rows(self, ends: Ends, now: int) -> Iterator[Row]:
        """A record is never older than the one before it, even where the clock was put back."""
        for entry in self._entries:
            topic = ends.topics[entry.topic]
            partition = partition_for(entry.key, topic.partitions)
            offset, last = ends.tail(topic, partition)
            timestamp = max(now, last)
            ends.move(topic, partition, offset, timestamp)
            self.places.append(Place(topic.name, partition, offset))
            headers = encode_headers(entry.headers)
            yield topic.number, partition, offset, timestamp, entry.key, entry.value, headers


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
            topic = ends.topics[record.topic]
            ends.move(topic, record.partition, record.offset, record.timestamp)
            at = (topic.number, record.partition, record.offset, record.timestamp)
            yield *at, record.key, record.value, encode_headers(record.headers)

    def _check(self, ends: Ends) -> None:
        seen: dict[tuple[str, int], int] = {}
        for record in self._records:
            place = (record.topic, record.partition)
            end = seen.get(place)
            if end is None:
                end = ends.tail(ends.topics[record.topic], record.partition).end
            if record.offset < end:
                raise LogError(f"{place[0]}[{place[1]}] ends at {end}: nothing can be restored at {record.offset}")
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

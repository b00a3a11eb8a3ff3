"""The embedded twin of the log.

Appends go through one writer thread, whatever waits shares one synced commit. Reads are short SELECTs on the event
loop: from the page cache they cost less than a change of threads (docs/decisions/0004 has the figures). Readers in the
process are told of every commit; a reader in another process looks at SQLite's data version every 50 ms.
"""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from libs.log.embedded import schema, writing
from libs.log.embedded.reading import EmbeddedReader
from libs.log.embedded.writing import Topic, known, partitions_of
from libs.log.port import (
    Bounds,
    Entry,
    Log,
    LogError,
    LogUnavailable,
    OnAssigned,
    OnRevoked,
    Partition,
    Place,
    Record,
    TopicInfo,
    TopicSpec,
)
from libs.sqlite import Breath, Writer, WriterClosed, connect
from libs.sqlite.writer import Work

T = TypeVar("T")

LOOK_EVERY = 0.05


async def open_log(path: Path, *, readonly: bool = False) -> "EmbeddedLog":
    """Open (and create) the log in the file at `path`. Read-only it may be open elsewhere, even while it is written.

    Raises NotALog, LogInUse, LogUnavailable.
    """
    descriptor = None if readonly else schema.lock(path)
    try:
        if readonly:
            schema.must_exist(path)
        writing_connection = connect(path, synchronous="FULL")
        schema.prepare(writing_connection, path)
        reading = connect(path, synchronous="FULL")
        reading.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        raise LogUnavailable(f"{path}: {error}") from error
    return EmbeddedLog(path, writing_connection, reading, descriptor)


class EmbeddedLog(Log):
    """Made by `open_log`."""

    system = "qiao.embedded"

    def __init__(self, path: Path, writing: sqlite3.Connection, reading: sqlite3.Connection, lock: int | None) -> None:
        """Takes over the connections and the lock; without a lock it only reads."""
        self._path, self._reading, self._lock = path, reading, lock
        self._breath = Breath()
        self._readers: set[EmbeddedReader] = set()
        self._members: dict[str, EmbeddedReader] = {}
        self._writer: Writer | None = None
        self._watch: asyncio.Task[None] | None = None
        self._load()
        if lock is None:
            writing.close()
            self._watch = asyncio.create_task(self._look_for_growth())
        else:
            self._writer = Writer(writing, f"log {path}", tidy=_tidy)

    def _load(self) -> None:
        self._topics: dict[str, Topic] = _loaded(self._reading)
        self._ends: dict[Partition, int] = {}
        for partition in partitions_of(self._topics, list(self._topics)):
            topic = self._topics[partition.topic]
            self._ends[partition] = writing.load_bounds(self._reading, topic, partition.number)[1]

    async def append(self, entries: Sequence[Entry]) -> list[Place]:
        """See the port. Durable means synced: it survives kill -9 and a power loss."""
        for entry in entries:
            known(self._topics, entry.topic)
            writing.check_size(entry)
        # Shielded: readers hear of what was written even if who wrote it was cancelled.
        return await asyncio.shield(asyncio.ensure_future(self._append(entries)))

    async def _append(self, entries: Sequence[Entry]) -> list[Place]:
        def work(connection: sqlite3.Connection) -> list[Place]:
            return writing.append(connection, self._topics, entries)

        places = await self._write(work)
        self._grown({Partition(place.topic, place.partition): place.offset + 1 for place in places})
        return places

    async def restore(self, records: Sequence[Record]) -> None:
        """Write records with the offsets and times that they had in another log: how a slice is made.

        Raises LogError for an offset that is not above all of its partition, UnknownTopic, LogUnavailable.
        """
        for record in records:
            known(self._topics, record.topic)
        await self._write(lambda connection: writing.restore(connection, self._topics, records))
        self._grown({Partition(record.topic, record.partition): record.offset + 1 for record in records})

    async def create(self, topics: Sequence[TopicSpec]) -> None:
        """See the port."""
        await self._write(lambda connection: writing.create(connection, topics, uuid4().hex))
        self._topics = _loaded(self._reading)
        for partition in partitions_of(self._topics, list(self._topics)):
            self._ends.setdefault(partition, 0)

    async def topics(self) -> Mapping[str, TopicInfo]:
        """See the port."""
        return {topic.name: TopicInfo(topic.name, topic.id, topic.partitions) for topic in self._topics.values()}

    async def bounds(self, partitions: Iterable[Partition]) -> Mapping[Partition, Bounds]:
        """See the port."""
        return {partition: self.bounds_of(partition) for partition in partitions}

    def bounds_of(self, partition: Partition) -> Bounds:
        """The readable part of one partition."""
        with _translated():
            return Bounds(*writing.load_bounds(self._reading, known(self._topics, partition.topic), partition.number))

    async def offsets_at(self, partitions: Iterable[Partition], timestamp: int) -> Mapping[Partition, int]:
        """See the port."""
        return {partition: self._offset_at(partition, timestamp) for partition in partitions}

    def _offset_at(self, partition: Partition, timestamp: int) -> int:
        """Times never fall within a partition: halve the offsets until the first late enough is left."""
        low, high = self.bounds_of(partition)
        number = known(self._topics, partition.topic).number
        statement = (
            "SELECT offset, timestamp FROM records WHERE topic = ? AND partition = ? AND offset >= ? "
            "ORDER BY offset LIMIT 1"
        )
        while low < high:
            middle = (low + high) // 2
            with _translated():
                found = self._reading.execute(statement, (number, partition.number, middle)).fetchone()
            if found[1] >= timestamp:
                high = middle
            else:
                low = found[0] + 1
        return low

    async def reader(self, start: Mapping[Partition, int]) -> EmbeddedReader:
        """See the port."""
        for partition in start:
            known(self._topics, partition.topic)
        reader = EmbeddedReader(self, self._breath)
        reader.assign(start)
        self._readers.add(reader)
        return reader

    async def subscribe(
        self,
        group: str,
        topics: Sequence[str],
        *,
        instance: str,
        on_assigned: OnAssigned,
        on_revoked: OnRevoked,
    ) -> EmbeddedReader:
        """See the port. One process has all partitions, so a group has one member; a second of its name fences it."""
        member = self._members.get(group)
        if member is not None and member.instance != instance:
            raise LogError(f"group {group} has the member {member.instance}: the embedded log allows one")
        if member is not None:
            member.fence()
        reader = EmbeddedReader(self, self._breath, instance)
        reader.join(partitions_of(self._topics, topics), on_assigned)
        self._members[group] = reader
        self._readers.add(reader)
        return reader

    async def healthy(self) -> bool:
        """See the port."""
        try:
            self._reading.execute("SELECT number FROM topics LIMIT 1")
        except sqlite3.Error:
            return False
        return self._writer is None or self._writer.running

    async def close(self) -> None:
        """See the port."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        if self._writer is not None:
            await self._writer.close()
        self._reading.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def end_of(self, partition: Partition) -> int:
        """The next offset of a partition, as far as this process has heard."""
        return self._ends[partition]

    def select(self, partition: Partition, offset: int, limit: int) -> list[Record]:
        """Up to `limit` records of a partition from `offset` on."""
        topic = self._topics[partition.topic]
        statement = (
            "SELECT offset, timestamp, key, value, headers FROM records "
            "WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT ?"
        )
        with _translated():
            rows = self._reading.execute(statement, (topic.number, partition.number, offset, limit)).fetchall()
        return [
            Record(topic.name, partition.number, at, timestamp, key, value, writing.decode_headers(headers))
            for at, timestamp, key, value, headers in rows
        ]

    def forget(self, reader: EmbeddedReader) -> None:
        """The reader was closed."""
        self._readers.discard(reader)
        for group, member in list(self._members.items()):
            if member is reader:
                del self._members[group]

    def _grown(self, ends: Mapping[Partition, int]) -> None:
        """Commits are heard of in their order, but those of one group together: never go back."""
        for partition, end in ends.items():
            self._ends[partition] = max(end, self._ends.get(partition, 0))
        for reader in self._readers:
            reader.grown(ends)

    async def _write(self, work: Work[T]) -> T:
        if self._writer is None:
            raise LogError(f"{self._path} was opened for reading only")
        try:
            return await self._writer.run(work)
        except (sqlite3.Error, WriterClosed) as error:
            raise LogUnavailable(f"{self._path}: {error!r}") from error

    async def _look_for_growth(self) -> None:
        """Notice what another process writes."""
        version = -1
        while True:
            with contextlib.suppress(sqlite3.OperationalError):
                seen = self._reading.execute("PRAGMA data_version").fetchone()[0]
                if seen != version:
                    version = seen
                    self._load()
                    self._grown(dict(self._ends))
            await asyncio.sleep(LOOK_EVERY)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise LogUnavailable(repr(error)) from error


def _loaded(connection: sqlite3.Connection) -> dict[str, Topic]:
    with _translated():
        return writing.load_topics(connection)


def _tidy(connection: sqlite3.Connection) -> None:
    """Move the write-ahead log into the file while nobody waits for it."""
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

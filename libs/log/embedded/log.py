"""The embedded twin of the log.

Appends share synced commits (writing.py). Reads are short SELECTs on the event loop: from the page cache they cost less
than a change of threads (docs/decisions/0003). Readers in the process are told of every commit; a log that was opened
for reading only looks at SQLite's data version every 50 ms.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from libs.log.embedded import rows, schema
from libs.log.embedded.jobs import Append, Create, Job, Restore
from libs.log.embedded.reading import EmbeddedReader
from libs.log.embedded.rows import Topics, check_partition, known, partitions_of
from libs.log.embedded.schema import Opened
from libs.log.embedded.watching import Watch
from libs.log.embedded.writing import GroupWriter
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
    ReadOnly,
    Record,
    TopicInfo,
    TopicSpec,
)
from libs.log.sizes import check_size
from libs.sqlite import Breath, in_thread

CHECKED = 500
"""Entries looked at before the loop may go on: about 1 ms."""


async def open_log(path: Path, *, readonly: bool = False) -> "EmbeddedLog":
    """Open (and create) the log in the file at `path`. Read-only it may be open elsewhere, even while it is written.

    Raises NotALog, LogInUse, LogUnavailable.
    """
    with _translated(path):
        opened = await in_thread(lambda: schema.open_file(path, readonly=readonly))
        try:
            return EmbeddedLog(path, opened)
        except BaseException:
            opened.close()
            raise


class EmbeddedLog(Log):
    """Made by `open_log`."""

    system = "qiao.embedded"

    def __init__(self, path: Path, opened: Opened) -> None:
        """Takes over what was opened, unless it raises sqlite3.Error."""
        self._path, self._reading = path, opened.reading
        self._breath = Breath()
        self._readers: set[EmbeddedReader] = set()
        self._members: dict[str, EmbeddedReader] = {}
        self._topics: Topics = {}
        self._ends: dict[Partition, int] = {}
        self._load()
        self._writer: GroupWriter | None = None
        self._watch: Watch | None = None
        if opened.writing is not None and opened.lock is not None:
            self._writer = GroupWriter(opened.writing, opened.lock, str(path), self._grown)
        else:
            self._watch = Watch(self._reading, self._load)

    def _load(self) -> None:
        """Look at the whole file again."""
        self._topics = rows.load_topics(self._reading)
        ends = {
            partition: rows.tail(self._reading, self._topics[partition.topic], partition.number).end
            for partition in partitions_of(self._topics, list(self._topics))
        }
        self._grown({partition: end for partition, end in ends.items() if end != self._ends.get(partition)})

    async def append(self, entries: Sequence[Entry]) -> list[Place]:
        """See the port. Durable means synced: it survives kill -9 and a power loss."""
        job = Append(entries, await self._checked(entries))
        await self._write(job)
        return job.places

    async def _checked(self, entries: Sequence[Entry]) -> int:
        """The bytes of entries that can all be written. Raises UnknownTopic, ValueError."""
        size = 0
        for start in range(0, len(entries), CHECKED):
            await self._breath.take()
            for entry in entries[start : start + CHECKED]:
                known(self._topics, entry.topic)
                size += check_size(entry)
        return size

    async def restore(self, records: Sequence[Record]) -> None:
        """Write records with the offsets and times that they had in another log: how a slice is made.

        Raises LogError for an offset that is not above all of its partition, UnknownTopic, LogUnavailable.
        """
        for record in records:
            check_partition(self._topics, Partition(record.topic, record.partition))
        await self._write(Restore(records))

    async def create(self, topics: Sequence[TopicSpec]) -> None:
        """See the port."""
        await self._write(Create(topics))
        self._load()

    async def _write(self, job: Job) -> None:
        if self._writer is None:
            raise ReadOnly(f"{self._path} was opened for reading only")
        await self._writer.write(job)

    async def topics(self) -> Mapping[str, TopicInfo]:
        """See the port."""
        return {topic.name: TopicInfo(topic.name, topic.id, topic.partitions) for topic in self._topics.values()}

    async def bounds(self, partitions: Iterable[Partition]) -> Mapping[Partition, Bounds]:
        """See the port."""
        found = {}
        for partition in partitions:
            await self._breath.take()
            found[partition] = self.bounds_of(partition)
        return found

    async def offsets_at(self, partitions: Iterable[Partition], timestamp: int) -> Mapping[Partition, int]:
        """See the port."""
        found = {}
        for partition in partitions:
            await self._breath.take()
            topic = check_partition(self._topics, partition)
            with _translated(self._path):
                found[partition] = rows.offset_at(self._reading, topic, partition.number, timestamp)
        return found

    async def reader(self, start: Mapping[Partition, int]) -> EmbeddedReader:
        """See the port."""
        for partition in start:
            check_partition(self._topics, partition)
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
        if self._writer is None:
            raise ReadOnly(f"{self._path} was opened for reading only")
        partitions = partitions_of(self._topics, topics)
        member = self._members.get(group)
        if member is not None and member.instance != instance:
            raise LogError(f"group {group} has the member {member.instance}: the embedded log allows one")
        if member is not None:
            member.fence()
        reader = EmbeddedReader(self, self._breath, instance)
        reader.join(partitions, on_assigned)
        self._members[group] = reader
        self._readers.add(reader)
        return reader

    async def healthy(self) -> bool:
        """See the port."""
        try:
            self._reading.execute("SELECT number FROM topics LIMIT 1").fetchone()
        except sqlite3.Error:
            return False
        if self._writer is not None:
            return self._writer.healthy
        return self._watch is not None and self._watch.running

    async def close(self) -> None:
        """See the port. Nothing stays beside the file: it can be copied or sent as it is."""
        for reader in list(self._readers):
            await reader.close()
        if self._watch is not None:
            await self._watch.close()
        self._reading.close()
        if self._writer is not None:
            await self._writer.close()  # last, because only who can write moves the write-ahead log into the file

    def bounds_of(self, partition: Partition) -> Bounds:
        """The readable part of one partition."""
        with _translated(self._path):
            return rows.bounds(self._reading, check_partition(self._topics, partition), partition.number)

    def end_of(self, partition: Partition) -> int:
        """The next offset of a partition, as far as this process has heard."""
        return self._ends.get(partition, 0)

    def select(self, partition: Partition, offset: int, limit: int, most_bytes: int) -> list[Record]:
        """Up to `limit` records of a partition from `offset` on; fewer once their values reach `most_bytes`."""
        topic = self._topics[partition.topic]
        with _translated(self._path):
            return rows.select(self._reading, topic, partition.number, offset, limit, most_bytes)

    def forget(self, reader: EmbeddedReader) -> None:
        """The reader was closed."""
        self._readers.discard(reader)
        for group, member in list(self._members.items()):
            if member is reader:
                del self._members[group]

    def _grown(self, ends: Mapping[Partition, int]) -> None:
        self._ends.update(ends)
        for reader in self._readers:
            reader.grown(ends)


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """What the file or the disk has against it is LogUnavailable."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise LogUnavailable(f"{path}: {error}") from error

"""The log port: where events are written, and how they are read back.

A log holds topics, a topic holds partitions, a partition holds records in the order of their offsets. Offsets
rise but may be sparse (a slice keeps the offsets of the log it was cut from). `libs.log.embedded` and
`libs.log.kafka` are twins: one contract suite (`tests/contract/log`) runs against both.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple

import msgspec

from libs.telemetry.spans import LogSystem

Headers = tuple[tuple[str, bytes], ...]


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        """As people read it: `posts[3]`."""
        return f"{self.topic}[{self.number}]"


class Place(NamedTuple):
    """Where one record stands: the log's answer to an append."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        """As people read it: `posts[3]@17`."""
        return f"{self.topic}[{self.partition}]@{self.offset}"


class Bounds(NamedTuple):
    """The readable part of a partition: `start` is its first offset, `end` the one that the next append gets."""

    start: int
    end: int


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A record to append. Its partition is Kafka's default for its key: murmur2(key) modulo the partitions."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers = ()


class Record(msgspec.Struct, frozen=True, gc=False):
    """A record as the log holds it. `timestamp` is the log's own append time, in milliseconds since 1970 UTC."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: Headers = ()

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.topic, self.partition, self.offset)


class TopicSpec(msgspec.Struct, frozen=True):
    """A topic to be: everything is kept, nothing is compacted, the log sets the time (see the design)."""

    name: str
    partitions: int = 12
    replication: int = 1
    min_insync: int = 1


class TopicInfo(msgspec.Struct, frozen=True):
    """A topic that is: `id` changes when a topic of the same name is created again."""

    name: str
    id: str
    partitions: int


class LogError(Exception):
    """Base of what a log raises."""


class LogUnavailable(LogError):
    """The log cannot be reached, is overloaded or took too long: the same call may work later.

    After it, an append may or may not have been written.
    """


class UnknownTopic(LogError):
    """The topic does not exist: `qiao migrate` creates it."""


class ReadOnly(LogError):
    """The log was opened for reading only: it has no producer and joins no group."""


class OffsetOutOfRange(LogError):
    """A reader stands where the log has no records (below its start or beyond its end). Never skipped silently."""


class Fenced(LogError):
    """Another process joined the group under the same instance id: this one must end itself."""


OnAssigned = Callable[[Iterable[Partition]], Awaitable[Mapping[Partition, int]]]
"""Told of new partitions before any record of theirs is polled; answers with the offset to start each from.

There may be none: the group has more members than partitions, and this one stands by."""

OnRevoked = Callable[[Iterable[Partition]], Awaitable[None]]
"""Told before partitions go to another member: flush what is in hand; the log waits for it (bounded)."""


class Reader(ABC):
    """Reads records of the partitions it was given, or that its group assigned to it. Owned by one task."""

    @abstractmethod
    async def poll(self, max_records: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        """Wait until something is there, at most `timeout` seconds; records of a partition come in order.

        Returns an empty mapping on time-out. Paused partitions yield nothing, and the membership in a group
        stays alive while polling. Raises OffsetOutOfRange, LogUnavailable, Fenced.
        """

    @abstractmethod
    def seek(self, partition: Partition, offset: int) -> None:
        """Continue this partition from `offset`: the next record polled is the first at or above it.

        An unassigned partition is ignored. Where the log has no such place, the next poll raises OffsetOutOfRange.
        """

    @abstractmethod
    def pause(self, partitions: Iterable[Partition]) -> None:
        """Let these partitions yield nothing until resumed. Idempotent; unassigned ones are ignored."""

    @abstractmethod
    def resume(self, partitions: Iterable[Partition]) -> None:
        """Undo `pause`. Idempotent; unassigned ones are ignored."""

    @abstractmethod
    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Tell the group how far its work is done (the next offset to read). It only informs tools and lag.

        A reader without a group ignores it. Raises LogUnavailable.
        """

    @abstractmethod
    async def close(self) -> None:
        """Stop reading; a static member does not leave its group. Safe to call twice."""


class Log(ABC):
    """A log. Open it, use it from one event loop, close it."""

    system: ClassVar[LogSystem]
    """How traces call it."""

    @abstractmethod
    async def append(self, entries: Sequence[Entry]) -> list[Place]:
        """Write the entries and return their places in the same order, once they are durable.

        Entries of one partition keep their order. Not atomic: on an error any part may have been written.
        Raises UnknownTopic, LogUnavailable, ReadOnly; ValueError for a record above the log's size bound (1 MiB).
        """

    @abstractmethod
    async def create(self, topics: Sequence[TopicSpec]) -> None:
        """Create what is missing. Idempotent and safe to run twice at once.

        Raises LogError where an existing topic has other partitions than asked: keys must stay put.
        """

    @abstractmethod
    async def topics(self) -> Mapping[str, TopicInfo]:
        """The topics that exist, by name. Raises LogUnavailable."""

    @abstractmethod
    async def bounds(self, partitions: Iterable[Partition]) -> Mapping[Partition, Bounds]:
        """The readable part of each partition now. Raises UnknownTopic, LogUnavailable."""

    @abstractmethod
    async def offsets_at(self, partitions: Iterable[Partition], timestamp: int) -> Mapping[Partition, int]:
        """The first offset whose record's timestamp (milliseconds) is at or after `timestamp`, else the end."""

    @abstractmethod
    async def reader(self, start: Mapping[Partition, int]) -> Reader:
        """Read just these partitions from these offsets, without a group."""

    @abstractmethod
    async def subscribe(
        self,
        group: str,
        topics: Sequence[str],
        *,
        instance: str,
        on_assigned: OnAssigned,
        on_revoked: OnRevoked,
    ) -> Reader:
        """Join a consumer group as the static member `instance`; its partitions come and go by the callbacks.

        The callbacks run inside `poll` or beside it, never at the same time as each other.
        """

    @abstractmethod
    async def healthy(self) -> bool:
        """Whether the log answers now, within a second. Never raises."""

    def skew(self) -> float:
        """Seconds by which the log's clock is ahead of ours, as its records tell; 0 where it is the same clock."""
        return 0.0

    @abstractmethod
    async def close(self) -> None:
        """Write what was accepted, then let go of everything. Safe to call twice."""

"""The log as it ended at a moment: decisions ask where it ends, and nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

from libs.log import (
    Bounds,
    Entry,
    Log,
    OnAssigned,
    OnRevoked,
    Partition,
    Place,
    Reader,
    ReadOnly,
    TopicInfo,
    TopicSpec,
)


class EndedLog(Log):
    """Another log, as far as a replay has folded it."""

    system = "qiao.embedded"

    def __init__(self, log: Log, bounds: Mapping[Partition, Bounds]) -> None:
        """`bounds` are what there was of it then."""
        self._log, self._bounds = log, dict(bounds)

    def end(self, partition: Partition) -> int:
        """The offset that the next append would get."""
        found = self._bounds.get(partition)
        return found.end if found else 0

    async def count(self, topic: str) -> int:
        """How many partitions the topic has; as many as any other where the source lacks it."""
        topics = await self.topics()
        return topics[topic].partitions if topic in topics else max(info.partitions for info in topics.values())

    async def topics(self) -> Mapping[str, TopicInfo]:
        """See the port."""
        return await self._log.topics()

    async def bounds(self, partitions: Iterable[Partition]) -> Mapping[Partition, Bounds]:
        """See the port: as they were."""
        return {partition: self._bounds.get(partition, Bounds(0, 0)) for partition in partitions}

    async def append(self, entries: Sequence[Entry]) -> list[Place]:
        """Never."""
        self._refuse()

    async def create(self, topics: Sequence[TopicSpec]) -> None:
        """Never."""
        self._refuse()

    async def offsets_at(self, partitions: Iterable[Partition], timestamp: int) -> Mapping[Partition, int]:
        """See the port."""
        return await self._log.offsets_at(partitions, timestamp)

    async def reader(self, start: Mapping[Partition, int]) -> Reader:
        """See the port."""
        return await self._log.reader(start)

    async def subscribe(
        self, group: str, topics: Sequence[str], *, instance: str, on_assigned: OnAssigned, on_revoked: OnRevoked
    ) -> Reader:
        """Never."""
        self._refuse()

    async def healthy(self) -> bool:
        """See the port."""
        return await self._log.healthy()

    async def close(self) -> None:
        """It is closed by who opened it."""

    def _refuse(self) -> NoReturn:
        raise ReadOnly("what is only tried is not appended")

"""Who owns partitions in a group: told of them, remembers it."""

import asyncio
from collections.abc import Iterable, Mapping

from libs.log import Log, Partition, Reader


class Owner:
    """Begins each partition at the offset in `starts`, else at 0; while its gate is closed it does not answer."""

    def __init__(self) -> None:
        self.starts: dict[Partition, int] = {}
        self.assigned: list[Partition] = []
        self.revoked: list[Partition] = []
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    @property
    def held(self) -> set[Partition]:
        """What it owns now."""
        held = set()
        for partition in set(self.assigned):
            if self.assigned.count(partition) > self.revoked.count(partition):
                held.add(partition)
        return held

    async def on_assigned(self, partitions: Iterable[Partition]) -> Mapping[Partition, int]:
        self.asked += 1
        partitions = list(partitions)
        await self.gate.wait()
        self.assigned.extend(partitions)
        return {partition: self.starts.get(partition, 0) for partition in partitions}

    async def on_revoked(self, partitions: Iterable[Partition]) -> None:
        self.revoked.extend(partitions)


async def join(log: Log, topic: str, owner: Owner, instance: str) -> Reader:
    """Join the group of this topic."""
    return await log.subscribe(
        f"{topic}.group", [topic], instance=instance, on_assigned=owner.on_assigned, on_revoked=owner.on_revoked
    )

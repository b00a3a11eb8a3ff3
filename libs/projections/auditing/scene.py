"""What an audit stands on, and where the events of a key are."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from libs.log import Bounds, Log, Partition
from libs.log.partitioner import partition_for
from libs.projections.auditing.histories import Pace, Range
from libs.projections.projection import Projection
from libs.vault import Vault
from libs.views import Reads


class Scene(NamedTuple):
    """The projection, the stores, and what is injected. Nothing here writes."""

    projection: Projection
    log: Log
    live: Reads
    vault: Vault
    pace: Pace
    """Holds back the reading of the log."""
    clock: Callable[[], float]
    """Seconds since 1970 UTC: what has expired may be gone."""
    random: Random

    def range(self, place: Partition, end: int, start: int = 0) -> Range:
        """A stretch of a partition."""
        return Range(self.log, place, Bounds(start, end), self.pace)

    async def places(self, key: str, first: str = "") -> list[Partition]:
        """Where events of this key are, one place per topic, that of topic `first` first. Raises LogUnavailable."""
        topics = await self.log.topics()
        wanted = sorted((name for name in self.projection.topics if name in topics), key=lambda name: name != first)
        return [Partition(name, partition_for(key.encode(), topics[name].partitions)) for name in wanted]

    async def end(self, place: Partition) -> int:
        """Where the partition ends now. Raises LogUnavailable."""
        return (await self.log.bounds([place]))[place].end

"""What a rebuild stands on: the stores, and the partitions that the projection folds."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from libs.log import Log, Partition
from libs.projections.failures import ProjectionRefused
from libs.projections.generations.mapped import at_generation
from libs.projections.parking import parked_rows
from libs.projections.progress import GENERATION
from libs.projections.projection import Projection
from libs.projections.tables import PROGRESS, Progress
from libs.vault import Vault
from libs.vault.epochs import epoch_of
from libs.views import Reads, Views, scan_all


class Ground(NamedTuple):
    """Made by `open_ground`. The log may be open for reading only: a rebuild appends nothing."""

    projection: Projection
    log: Log
    store: Views
    """All generations side by side."""
    vault: Vault
    epochs: Mapping[str, int]
    """By topic."""
    places: Sequence[Partition]
    """Every partition that the projection folds."""

    def at(self, generation: int) -> Views:
        """The views in which the projection is at this generation."""
        return at_generation(self.store, self.projection, generation)

    async def marks(self, reads: Reads, mark: str) -> dict[Partition, int]:
        """How far the projection is in these views; partitions never folded are left out. Raises ViewsUnavailable."""
        rows = [row async for row in scan_all(reads, PROGRESS, (self.projection.name, GENERATION))]
        return {Partition(row.topic, row.partition): row.offset for row in rows if self._counts(row, mark)}

    async def waiting(self, reads: Reads) -> dict[Partition, list[tuple[str, int]]]:
        """The events that stand aside in these views, by partition: key and offset. Raises ViewsUnavailable."""
        found = await asyncio.gather(*(self._waiting(reads, place) for place in self.places))
        return dict(zip(self.places, found, strict=True))

    async def _waiting(self, reads: Reads, place: Partition) -> list[tuple[str, int]]:
        epoch = self.epochs[place.topic]
        rows = parked_rows(reads, self.projection.name, place)
        return [(row.key, row.offset) async for row in rows if row.body.epoch == epoch]

    def _counts(self, row: Progress, mark: str) -> bool:
        return row.mark == mark and self.epochs.get(row.topic) == row.epoch


async def open_ground(projection: Projection, log: Log, store: Views, vault: Vault) -> Ground:
    """Find the partitions and their epochs. Raises ProjectionRefused, TopicChanged, TopicUnknown and what stores do."""
    topics = await log.topics()
    missing = [topic for topic in projection.topics if topic not in topics]
    if missing:
        raise ProjectionRefused(f"topics {missing} do not exist: run qiao migrate")
    epochs = {topic: await epoch_of(vault, topic, topics[topic].id) for topic in projection.topics}
    places = [Partition(topic, number) for topic in projection.topics for number in range(topics[topic].partitions)]
    return Ground(projection, log, store, vault, epochs, places)

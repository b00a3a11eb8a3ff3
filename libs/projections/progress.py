"""Where a projection is: the two marks of each partition, read at start and by waits, written by the host."""

from libs.log import Partition
from libs.projections.tables import PROGRESS, Mark, Progress
from libs.vault import Vault
from libs.vault.epochs import recorded_epoch
from libs.views import Put, Reads, stamp

GENERATION = 0
"""The tables as they are declared. A rebuild fills others beside them; which ones serve is on record (generations)."""


class Marks:
    """Reads and builds the progress rows of one projection."""

    def __init__(self, projection: str, generation: int = GENERATION) -> None:
        """`projection` is its name."""
        self._projection = projection
        self._generation = generation

    async def read(self, reads: Reads, partition: Partition, mark: Mark, epoch: int | None = None) -> int | None:
        """The first offset not yet done; None if the partition was never folded (in `epoch`, where one is given)."""
        row = await reads.get(PROGRESS, self._projection, self._generation, partition.topic, partition.number, mark)
        return row.offset if row is not None and epoch in (None, row.epoch) else None

    def put(self, partition: Partition, mark: Mark, offset: int, epoch: int) -> Put:
        """The write that moves a mark. It never moves backwards: its stamp is its offset."""
        row = Progress(self._projection, self._generation, partition.topic, partition.number, mark, offset, epoch)
        return Put(PROGRESS, row, stamp(epoch, offset))


class ViewProgress:
    """What a wait asks: how far a projection has folded a partition."""

    def __init__(self, reads: Reads, vault: Vault) -> None:
        """`reads` are the views that the projections write; `vault` knows the topics' epochs."""
        self._reads, self._vault = reads, vault
        self._epochs: dict[str, int | None] = {}

    async def reached(self, projection: str, topic: str, partition: int) -> int:
        """The first offset not yet folded; 0 if nothing was since the topic was made.

        An epoch that is raised under a running process is not noticed: waits time out then, none ends too early.
        """
        if topic not in self._epochs:
            self._epochs[topic] = await recorded_epoch(self._vault, topic)
        place, epoch = Partition(topic, partition), self._epochs[topic]
        return await Marks(projection).read(self._reads, place, "reached", epoch) or 0

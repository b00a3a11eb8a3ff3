"""The end of the log as a request finds it, and whether a projection has got there.

What was acknowledged before the request stands below that end. Once the projection has passed it, what its tables
do not have is not there, and what they say is what people last decided.
"""

from uuid import UUID

from libs.log import Log, Partition, Place, UnknownTopic
from libs.log.partitioner import partition_for
from libs.projections.parking import parked_rows
from libs.projections.progress import ViewProgress
from libs.views import Reads


class Frontier:
    """The end of the log, beside what one projection has folded. Every method raises what the stores raise."""

    def __init__(self, projection: str, log: Log, reads: Reads, progress: ViewProgress) -> None:
        """`projection` is its name; `reads` are the views that it writes."""
        self._projection, self._log, self._reads, self._progress = projection, log, reads, progress
        self._partitions: dict[str, int] = {}

    async def last(self, topic: str, key: UUID) -> Place | None:
        """The last place of the key's partition now; None where nothing stands. Raises UnknownTopic."""
        partition = Partition(topic, partition_for(str(key).encode(), await self._count(topic)))
        end = (await self._log.bounds([partition]))[partition].end
        return Place(*partition, end - 1) if end else None

    async def passed(self, place: Place) -> bool:
        """Whether all of the partition up to this place is folded. Its rows are there then; ask for them afterwards."""
        return await self._progress.reached(self._projection, place.topic, place.partition) > place.offset

    async def is_parked(self, place: Place, key: UUID) -> bool:
        """Whether an event of the key stands aside: then passing it by has not folded it."""
        partition = Partition(place.topic, place.partition)
        async for _ in parked_rows(self._reads, self._projection, partition, str(key)):
            return True
        return False

    async def _count(self, topic: str) -> int:
        """How many partitions there are: asked once, for keys must stay put."""
        if topic not in self._partitions:
            topics = await self._log.topics()
            if topic not in topics:
                raise UnknownTopic(f"topic {topic} does not exist: run qiao migrate")
            self._partitions[topic] = topics[topic].partitions
        return self._partitions[topic]

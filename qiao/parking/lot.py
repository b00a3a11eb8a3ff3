"""What is parked, by projection."""

from collections.abc import Mapping, Sequence

import msgspec

from libs.log import Partition, Place, TopicInfo
from libs.projections import Projection
from libs.projections.parking import parked_rows
from libs.projections.tables import Parked
from libs.views import Reads


class NothingParked(LookupError):
    """No event of that place waits."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """An event that waits, as it is listed."""

    projection: str
    place: str
    key: str
    state: str
    """parked: it could not be folded; queued: it waits behind one of its key."""
    event_type: str
    tries: int
    error: str
    frames: Sequence[str]
    """The innermost calls when it failed, outermost first, each as module.function:line."""
    trace: str

    @classmethod
    def of(cls, row: Parked) -> "Waiting":
        """From its row."""
        return cls(
            projection=row.projection,
            place=str(Place(row.topic, row.partition, row.offset)),
            key=row.key,
            state=row.body.state,
            event_type=row.body.event_type,
            tries=row.body.tries,
            error=row.body.error,
            frames=row.body.frames,
            trace=row.body.trace,
        )


async def waiting_in(reads: Reads, projections: Sequence[Projection], topics: Mapping[str, TopicInfo]) -> list[Parked]:
    """Every event that waits, by projection, partition, key and offset. Raises ViewsUnavailable."""
    return [
        row
        for projection in projections
        for topic in projection.topics
        for number in range(topics[topic].partitions if topic in topics else 0)
        async for row in parked_rows(reads, projection.name, Partition(topic, number))
    ]


async def waiting_at(reads: Reads, projection: str, place: Place) -> list[Parked]:
    """The event that waits there, and behind it those of its key. Raises NothingParked, ViewsUnavailable."""
    rows = [row async for row in parked_rows(reads, projection, Partition(place.topic, place.partition))]
    found = next((row for row in rows if row.offset == place.offset), None)
    if found is None:
        raise NothingParked(f"{projection} has nothing parked at {place}: qiao parked list shows what it has")
    return [found, *(row for row in rows if row.key == found.key and row.offset != found.offset)]

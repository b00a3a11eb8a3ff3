"""What is certain while folding goes on: which events are surely in the rows, and which may or may not be."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from libs.log import Bounds, Log, LogUnavailable, Partition, Place, Record
from libs.log.single import read_one
from libs.projections.auditing.histories import Pace, Range, read
from libs.projections.parking import parked_rows
from libs.projections.progress import Marks
from libs.vault import Vault
from libs.vault.epochs import FIRST_EPOCH, recorded_epoch
from libs.views import Reads, stamp

MOST_UNSETTLED = 10_000
"""Events that may be under way at once: beyond that the projection lags, and nothing is certain."""

MOST_WAITING = 200


class Ground(NamedTuple):
    """A partition as a projection had folded it at one moment."""

    place: Partition
    epoch: int
    reached: int
    """Every event below it is in the rows, but for those that wait."""
    waiting: Mapping[str, Sequence[int]]
    """Parked and queued events by key: an operator may have them folded at any time."""

    @property
    def latest(self) -> int:
        """A stamp above what these events write, below all that later ones will."""
        return stamp(self.epoch, max(0, self.reached - 1), 1)


async def ground_of(projection: str, views: Reads, vault: Vault, place: Partition) -> Ground:
    """As it is now. Raises ViewsUnavailable, VaultUnavailable."""
    epoch = await recorded_epoch(vault, place.topic) or FIRST_EPOCH
    reached = await Marks(projection).read(views, place, "reached", epoch)
    waiting: dict[str, list[int]] = defaultdict(list)
    async for row in parked_rows(views, projection, place):
        if row.body.epoch == epoch:
            waiting[row.key].append(row.offset)
    return Ground(place, epoch, reached or 0, waiting)


async def unsettled(log: Log, ground: Ground, pace: Pace) -> Sequence[Record] | None:
    """Asked after rows were read: the events that may have been folded since `ground` was. None: too many to tell."""
    place = ground.place
    end = (await log.bounds([place]))[place].end
    offsets = [offset for each in ground.waiting.values() for offset in each]
    if end - ground.reached > MOST_UNSETTLED or len(offsets) > MOST_WAITING:
        return None
    try:
        found = [await read_one(log, Place(*place, offset)) for offset in offsets]
    except LookupError as error:
        raise LogUnavailable(str(error)) from error
    async for records in read(Range(log, place, Bounds(ground.reached, end), pace)):
        found += records
    return found

"""The past of one answer: scratch views of just those events that matter for it.

Topics may be folded one after the other, because answers do not depend on how topics interleave (see "What replay
promises" in the design). Within a topic the canonical order is kept, hence each is folded once: a tally passes over
what stands before the newest event that it counted. Who finds out on the way what else matters begins a new past.
"""

import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import msgspec

from libs.log import Bounds, Log, Partition, Record
from libs.log.merging import in_batches, in_canonical_order
from libs.log.partitioner import partition_for
from libs.projections.amendments import load_amendments
from libs.projections.replaying import BATCH, Replayer
from libs.views import Views
from libs.views.sqlite import open_alone
from qiao.replay.scratch import VIEWS, tables_of
from qiao.replay.until import UntilTime
from qiao.services import projections
from qiao.settings import Settings
from qiao.sources import Source

Matters = Callable[[Record], bool]

Count = Callable[[int], object]
"""Told how many records more were looked at."""


class Past:
    """The views of one moment, as far as they were asked for."""

    def __init__(
        self, log: Log, bounds: Mapping[Partition, Bounds], views: Views, replayer: Replayer, count: Count
    ) -> None:
        """Made by `open_past`."""
        self.views = views
        self._log, self._bounds, self._replayer, self._count = log, bounds, replayer, count

    async def fold(self, topic: str, matters: Matters, key: UUID | None = None) -> None:
        """Fold the records of a topic that matter; with a key only its partition is read. Call it once for a topic.

        Raises LogError, ViewsUnavailable.
        """
        places = {place: each for place, each in self._bounds.items() if place.topic == topic}
        if key is not None and places:
            wanted = Partition(topic, partition_for(str(key).encode(), len(places)))
            places = {wanted: places[wanted]}
        async for batch in in_batches(in_canonical_order(self._log, places), BATCH):
            records = [each.record for each in batch if matters(each.record)]
            await self._replayer.fold(records)
            self._count(len(batch))


@asynccontextmanager
async def open_past(settings: Settings, source: Source, ms: int, count: Count) -> AsyncIterator[Past]:
    """Empty views of the feeds as of a moment, in milliseconds since 1970 UTC. Raises LogError, ViewsUnavailable."""
    until = UntilTime("", ms)
    bounds = await until.narrowed(source.log, source.bounds)
    folded = projections(settings, ["feeds"])
    amendments = await load_amendments(source.log, ms + 1)
    with tempfile.TemporaryDirectory(prefix="qiao-past-") as folder:
        views = await open_alone(Path(folder) / VIEWS, clock=lambda: ms / 1000)
        try:
            await views.migrate(tables_of(folded))
            replayer = Replayer(folded, views, epochs=source.epochs, amend=amendments.apply)
            yield Past(source.log, bounds, views, replayer, count)
        finally:
            await views.close()


def everything(_: Record) -> bool:
    """All of it."""
    return True


def naming(ids: Iterable[UUID]) -> Matters:
    """Records that name one of these ids anywhere."""
    wanted = [str(each).encode() for each in ids]
    return lambda record: any(each in record.value for each in wanted)


def either(*ways: Matters) -> Matters:
    """Records that matter for one reason or another."""
    return lambda record: any(way(record) for way in ways)


class _Written(msgspec.Struct):
    author: UUID


_author = msgspec.json.Decoder(_Written).decode


def by(authors: Collection[UUID]) -> Matters:
    """Posts, edits and deletions by these people; what cannot be read is folded, to be parked as it was."""

    def matters(record: Record) -> bool:
        try:
            return _author(record.value).author in authors
        except msgspec.DecodeError:
            return True

    return matters

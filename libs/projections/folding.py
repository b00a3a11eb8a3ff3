"""Folding one partition's records: the flush order that loses nothing, counts nothing twice, emits nothing else.

Per batch, in this order and no other: handlers' first phase; append emitted events and wait for them;
mark `emitted`; tallies; rows; second phase; mark `reached`. Facts: a model over all crash points and zombies
shows that other orders lose events or miscount.
"""

from collections.abc import Callable, Sequence
from time import perf_counter, time
from typing import NamedTuple

from libs.events import Event
from libs.log import Log, Partition, Publisher, Record
from libs.projections.batch import Batch, Item, read_needs
from libs.projections.emitting import Emitter
from libs.projections.flushing import flush
from libs.projections.parking import ParkingLot
from libs.projections.progress import Marks
from libs.projections.projection import Projection
from libs.projections.second import run_seconds
from libs.projections.sorting import item_of, key_of, sort
from libs.projections.tables import ParkedState
from libs.projections.tallies import recount_puts
from libs.telemetry import metrics
from libs.views import Put, Views, stamp


def nobody_waits() -> None:
    """For a projection on whose progress nobody waits in this process."""


class FoldStores(NamedTuple):
    """What a projection stands on."""

    log: Log
    views: Views
    publisher: Publisher
    moved: Callable[[], None] = nobody_waits
    """Told whenever `reached` has moved."""


class Folder:
    """Folds records of one partition. Every call is idempotent: after any failure it is simply made again."""

    def __init__(
        self,
        projection: Projection,
        stores: FoldStores,
        partition: Partition,
        *,
        epoch: int,
        start: int,
        emitted: int,
        lot: ParkingLot,
    ) -> None:
        """`start` is the first offset to fold; `emitted` and `lot` as the views have them now."""
        self.projection, self.stores, self.partition, self.lot = projection, stores, partition, lot
        self.reached = start
        """The first offset not yet folded."""
        self._views, self._epoch = stores.views, epoch
        self._emitter = Emitter(projection, stores.views, stores.publisher, partition, epoch, emitted)
        self._marks = Marks(projection.name)

    async def fold(self, records: Sequence[Record]) -> int:
        """Fold records that follow each other; returns how many handlers' events that were. All or nothing seen.

        Raises what handlers and stores raise; then nothing is marked, and what was written is written again alike.
        """
        end = records[-1].offset + 1
        items, queued, unknown = sort(self.projection, self.lot, records)
        batch = await self._first_phase(items)
        await self._emitter.emit(batch.emissions, end, list(queued.values()))
        began = perf_counter()
        rows = await flush(self._views, batch, list(queued.values()), [self._reached_put(end)])
        self._measure(records, perf_counter() - began, rows)
        for record in queued:
            self.lot.note(key_of(record), record.offset)
        self._pass(end)
        self._count(batch, unknown)
        return len(items)

    async def park(self, record: Record, body: ParkedState) -> None:
        """Set one record aside, durably, and pass it."""
        key, end = key_of(record), record.offset + 1
        await self._views.write([self.lot.put(key, record.offset, body)], [self._reached_put(end)])
        self.lot.note(key, record.offset)
        self._pass(end)

    def _pass(self, end: int) -> None:
        self.reached = end
        self.stores.moved()

    async def refold(self, record: Record) -> None:
        """Fold a parked record out of its turn; its tallies are counted afresh, its place in the lot is given up.

        Raises what `fold` raises, the record stays parked then.
        """
        item = item_of(self.projection, self._epoch, record)
        batch = await self._first_phase([item] if item else [])
        await self._emitter.append(batch.emissions)
        await self._views.write(list(batch.puts.values()))
        await run_seconds(self._views, batch.seconds)
        # Everything below `reached` has its membership rows, this event now, too.
        at = stamp(self._epoch, max(self.reached - 1, record.offset))
        tallies = await recount_puts(self.projection, self._views, list(batch.deltas), at)
        await self.release(key_of(record), record.offset, ParkedState(state="redriven"), tallies)
        self._count(batch, 0)

    async def release(self, key: str, offset: int, body: ParkedState, before: Sequence[Put] = ()) -> None:
        """Note, durably, that a parked record waits no more."""
        await self._views.write(before, [self.lot.put(key, offset, body)])
        self.lot.release(key, offset)

    async def _first_phase(self, items: Sequence[Item]) -> Batch:
        batch = Batch(self.projection, await read_needs(self._views, items))
        timed: set[type[Event]] = set()
        for item in items:
            if type(item.event) in timed:
                batch.fold(item)
            else:
                timed.add(type(item.event))
                self._timed(batch, item)
        return batch

    def _timed(self, batch: Batch, item: Item) -> None:
        """One of a type in each batch is enough: an observation costs as much as a small handler does."""
        began = perf_counter()
        batch.fold(item)
        metrics.handler_time(self.projection.name, item.meta.envelope.type, perf_counter() - began)

    def _reached_put(self, end: int) -> Put:
        return self._marks.put(self.partition, "reached", end, self._epoch)

    def _measure(self, records: Sequence[Record], flush_seconds: float, rows: int) -> None:
        """Once per batch: its oldest event, and one flush, whose bytes are those of the events that went in."""
        name = self.projection.name
        metrics.event_age(name, self.partition.topic, max(0.0, time() - records[0].timestamp / 1000))
        metrics.flushed(name, flush_seconds, rows, sum(len(record.value) for record in records))

    def _count(self, batch: Batch, unknown: int) -> None:
        name, topic = self.projection.name, self.partition.topic
        for _ in range(unknown):
            metrics.events_skipped(name, topic, "unknown type")
        for reason in batch.refusals:
            metrics.events_refused(name, topic, reason)

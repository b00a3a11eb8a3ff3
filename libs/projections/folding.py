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
from libs.projections.amendments import NONE, Amendments
from libs.projections.batch import Batch, Item, read_needs
from libs.projections.emitting import Emitter
from libs.projections.flushing import flush
from libs.projections.parking import ParkingLot
from libs.projections.progress import Marks
from libs.projections.projection import Projection
from libs.projections.second import rehearse_seconds, run_seconds
from libs.projections.sorting import item_of, key_of, sort
from libs.projections.tables import ParkedState
from libs.projections.tallies import recount_puts
from libs.telemetry import metrics
from libs.views import Put, Views, stamp
from libs.views.checking import check_put
from libs.views.overlay import Overlay


def nobody_waits() -> None:
    """For a projection on whose progress nobody waits in this process."""


class FoldStores(NamedTuple):
    """What a projection stands on."""

    log: Log
    views: Views
    publisher: Publisher
    moved: Callable[[], None] = nobody_waits
    """Told whenever `reached` has moved."""


class Rehearsed(NamedTuple):
    """What folding one parked record out of its turn comes to."""

    batch: Batch
    tallies: list[Put]
    """Those that it changes, counted afresh as if its rows stood."""


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
        amendments: Amendments = NONE,
    ) -> None:
        """`start` is the first offset to fold; `emitted` and `lot` as the views have them now.

        `amendments` as they stood when the partition was taken over: later ones are about parked events.
        """
        self.projection, self.stores, self.partition, self.lot = projection, stores, partition, lot
        self.reached = start
        """The first offset not yet folded."""
        self._views, self._epoch = stores.views, epoch
        self._emitter = Emitter(projection, stores.views, stores.publisher, partition, epoch, emitted)
        self._marks, self._amendments = Marks(projection.name), amendments

    async def fold(self, records: Sequence[Record]) -> int:
        """Fold records that follow each other; returns how many handlers' events that were. All or nothing seen.

        Raises what handlers and stores raise; then nothing is marked, and what was written is written again alike.
        """
        end = records[-1].offset + 1
        kept = self._amendments.apply_all(self.projection.name, records)
        items, queued, unknown = sort(self.projection, self.lot, kept)
        batch = await self._first_phase(items)
        await self._emitter.emit(batch.emissions, end, list(queued.values()))
        began = perf_counter()
        rows = await flush(self._views, batch, list(queued.values()), [self._reached_put(end)])
        self._measure(records, perf_counter() - began, rows)
        for record in queued:
            self.lot.note(key_of(record), record.offset)
        self._pass(end)
        self._count(batch, unknown, len(records) - len(kept))
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

    async def rehearse(self, record: Record, revision: int = 0) -> Rehearsed:
        """Fold a record in memory, to the end of its second phase and its recounts. Nothing is written or appended.

        Raises whatever stands against folding it, RowRefused for a row that no store takes, and what the views raise.
        """
        item = item_of(self.projection, self._epoch, record, revision)
        batch = await self._first_phase([item] if item else [])
        reads = Overlay(self._views, batch.puts.values())
        seconds = await rehearse_seconds(reads, batch.seconds)
        # Everything below `reached` has its membership rows, and this event has them in what is laid over.
        at = stamp(self._epoch, max(self.reached - 1, record.offset))
        tallies = await recount_puts(self.projection, reads, list(batch.deltas), at)
        for put in (*batch.puts.values(), *seconds, *tallies):
            check_put(put)
        return Rehearsed(batch, tallies)

    async def refold(self, record: Record, body: ParkedState, revision: int = 0) -> None:
        """Fold a parked record out of its turn; its tallies are counted afresh, its place in the lot is given up.

        `body` is what becomes of its place. `revision` ranks its rows among those of the same event: with other data
        than before it must be higher. Raises what `fold` raises; all is as it was then, unless a store failed half-way:
        then it is to be called again.
        """
        batch, tallies = await self.rehearse(record, revision)
        await self._emitter.append(batch.emissions)
        # Tallies first: once its membership row stands, an event that is folded again changes no tally.
        await self._views.write(tallies, list(batch.puts.values()))
        await run_seconds(self._views, batch.seconds)
        await self.release(key_of(record), record.offset, body)
        self._count(batch, 0, 0)

    async def release(self, key: str, offset: int, body: ParkedState) -> None:
        """Note, durably, that a parked record waits no more."""
        await self._views.write([self.lot.put(key, offset, body)])
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

    def _count(self, batch: Batch, unknown: int, discarded: int) -> None:
        name, topic = self.projection.name, self.partition.topic
        for reason in ["unknown type"] * unknown + ["discarded"] * discarded:
            metrics.events_skipped(name, topic, reason)
        for reason in batch.refusals:
            metrics.events_refused(name, topic, reason)

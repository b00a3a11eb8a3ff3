"""Replay: the same folds over the same events into other tables, with nothing appended.

All partitions are folded together, in batches of the canonical order. A batch ends after a fixed number of records, so
one slice gives byte-identical tables every time; tables of own keys are those of the live platform, crossing tables may
differ from it in rows and never in the answers that they give.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from libs.events import Decoded, UnknownType
from libs.log import Partition, Record
from libs.projections.batch import Batch, Item, read_needs
from libs.projections.failures import TRANSIENT
from libs.projections.flushing import flush
from libs.projections.parking import ParkingLot
from libs.projections.previewing import Preview, preview
from libs.projections.progress import Marks
from libs.projections.projection import Projection
from libs.projections.sorting import decode_record, header, key_of, sort, type_of
from libs.projections.tables import ParkedState
from libs.views import Put, Views

BATCH = 2_000
"""Records folded at a time. Crossing tables depend on it: it is the same in every replay."""

Amend = Callable[[str, Record], Record | None]
"""(projection, record) -> what an operator put in its place; None for an event that was given up."""


def unamended(_projection: str, record: Record) -> Record | None:
    """Nobody's hand was on the log."""
    return record


class Replayed(NamedTuple):
    """What a replay came to so far."""

    events: int
    """Handled, by however many projections."""
    rows: int
    refused: int
    """Folded to nothing, because their actor lacked the right."""
    unknown: int
    skipped: int
    """Given up by an operator."""
    parked: int


class Replayer:
    """Folds batches for some projections into views of its own. It has no publisher: it cannot append."""

    def __init__(
        self,
        projections: Sequence[Projection],
        views: Views,
        *,
        epochs: Mapping[str, int],
        amend: Amend = unamended,
    ) -> None:
        """`epochs` are those of the topics: they lead the stamps of all rows."""
        self._folds = [_Fold(projection, views, epochs, amend) for projection in projections]

    @property
    def topics(self) -> list[str]:
        """Every topic that one of the projections handles."""
        return sorted({topic for fold in self._folds for topic in fold.projection.topics})

    async def starts(self, partitions: Iterable[Partition]) -> dict[Partition, int | None]:
        """Where to go on after an earlier run into the same views; None where it never was. Fills the parking lots."""
        return {place: await self._start(place) for place in partitions}

    async def fold(self, records: Sequence[Record]) -> None:
        """Fold one batch of the canonical order. Idempotent. What a handler fails on is parked.

        Raises ViewsUnavailable.
        """
        memo: dict[tuple[Partition, int, bytes], Decoded | UnknownType] = {}

        def decoded(record: Record) -> Decoded | UnknownType:
            # Once for all projections.
            key = (Partition(record.topic, record.partition), record.offset, record.value)
            if key not in memo:
                memo[key] = decode_record(record)
            return memo[key]

        for fold in self._folds:
            await fold.fold([record for record in records if record.topic in fold.projection.topics], decoded)

    async def preview(self, record: Record) -> list[Preview]:
        """What each projection would make of the next record; those that do nothing with it are left out.

        Raises what the handlers raise, ViewsUnavailable.
        """
        found = [await fold.preview(record) for fold in self._folds if record.topic in fold.projection.topics]
        return [each for each in found if each is not None]

    @property
    def replayed(self) -> Replayed:
        """The sums so far."""
        counts = sum((fold.counts for fold in self._folds), Counter[str]())
        return Replayed(*(counts[name] for name in Replayed._fields))

    async def _start(self, place: Partition) -> int | None:
        reached = [await fold.start(place) for fold in self._folds if place.topic in fold.projection.topics]
        known = [offset for offset in reached if offset is not None]
        return min(known) if reached and len(known) == len(reached) else None


class _Fold:
    """One projection's part."""

    def __init__(self, projection: Projection, views: Views, epochs: Mapping[str, int], amend: Amend) -> None:
        self.projection, self._views, self._epochs, self._amend = projection, views, epochs, amend
        self._marks = Marks(projection.name)
        self._lots: dict[Partition, ParkingLot] = {}
        self.counts: Counter[str] = Counter()

    async def start(self, place: Partition) -> int | None:
        await self._lot(place).load(self._views)
        return await self._marks.read(self._views, place, "reached", self._epochs[place.topic])

    async def fold(self, records: Sequence[Record], decoded: Callable[[Record], Decoded | UnknownType]) -> None:
        """All at once; where that fails by halves, until the event at fault is found and parked."""
        if not records:
            return
        try:
            await self._fold(records, decoded)
        except TRANSIENT:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is the event's failure: it parks
            if len(records) == 1:
                await self._park(records[0], error)
                return
            middle = len(records) // 2
            await self.fold(records[:middle], decoded)
            await self.fold(records[middle:], decoded)

    async def preview(self, record: Record) -> Preview | None:
        items, _ = self._sort([record], decode_record, Counter())
        return await preview(self.projection, self._views, items[0]) if items else None

    async def _fold(self, records: Sequence[Record], decoded: Callable[[Record], Decoded | UnknownType]) -> None:
        counts: Counter[str] = Counter()
        items, queued = self._sort(records, decoded, counts)
        batch = Batch(self.projection, await read_needs(self._views, items))
        for item in items:
            batch.fold(item)
        counts["rows"] = await flush(self._views, batch, list(queued.values()), self._reached(records))
        for record in queued:
            self._lot_of(record).note(key_of(record), record.offset)
        counts["events"], counts["refused"] = len(items), len(batch.refusals)
        self.counts += counts

    def _sort(
        self, records: Sequence[Record], decoded: Callable[[Record], Decoded | UnknownType], counts: Counter[str]
    ) -> tuple[list[Item], dict[Record, Put]]:
        items: list[Item] = []
        queued: dict[Record, Put] = {}
        for record in records:
            amended = self._amend(self.projection.name, record)
            if amended is None:
                counts["skipped"] += 1
                continue
            found = sort(self.projection, self._lot_of(record), [amended], decoded)
            items += found.items
            queued |= found.queued
            counts["unknown"] += found.unknown
        return items, queued

    async def _park(self, record: Record, error: Exception) -> None:
        lot, key = self._lot_of(record), key_of(record)
        body = ParkedState(
            state="parked",
            event_type=type_of(record),
            error=repr(error),
            trace=header(record, "traceparent") or "",
            tries=1,
        )
        await self._views.write([lot.put(key, record.offset, body)], self._reached([record]))
        lot.note(key, record.offset)
        self.counts["parked"] += 1

    def _reached(self, records: Sequence[Record]) -> list[Put]:
        ends = {Partition(record.topic, record.partition): record.offset + 1 for record in records}
        return [self._marks.put(place, "reached", end, self._epochs[place.topic]) for place, end in ends.items()]

    def _lot_of(self, record: Record) -> ParkingLot:
        return self._lot(Partition(record.topic, record.partition))

    def _lot(self, place: Partition) -> ParkingLot:
        if place not in self._lots:
            self._lots[place] = ParkingLot(self.projection.name, place, self._epochs[place.topic])
        return self._lots[place]

"""Events folded one after the other in memory, without a store: what a projection's first phase makes of them."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec

from libs.events import Event, Meta, envelope_for, lowest_at, spec_of
from libs.projections import Need, Projection
from libs.projections.batch import Batch, Item
from libs.views import Put, Table, stamp

R = TypeVar("R", bound=msgspec.Struct)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
PARTITION = 3


def an_id(number: int, ms: int = NOW_MS) -> UUID:
    """The same id for the same number and time, in every run."""
    return UUID(int=lowest_at(ms).int | number)


class Folded:
    """The rows, tallies and refusals after some events, each in a batch of its own."""

    def __init__(self, projection: Projection) -> None:
        """Nothing has happened."""
        self.projection = projection
        self.rows: dict[Need, Put] = {}
        self.counts: Counter[tuple[str, UUID]] = Counter()
        self.refusals: list[str] = []
        self.offset = 0
        self.second_phases = 0

    def fold(self, *events: Event) -> "Folded":
        """Let these events happen, each with an id of its own."""
        for event in events:
            self.fold_as(an_id(10_000 + self.offset), event)
        return self

    def fold_as(self, id_: UUID, event: Event) -> "Folded":
        """Let an event with this id happen: a copy has the id of the first."""
        handler = self.projection.handlers[type(event)]
        envelope = envelope_for(event, source="/test", actor=None, now=NOW, id=id_)
        meta = Meta(
            envelope=envelope,
            topic=spec_of(event).topic,
            partition=PARTITION,
            offset=self.offset,
            log_time=NOW_MS + self.offset,
        )
        needs = handler.needs(event, meta) if handler.needs else ()
        batch = Batch(self.projection, {need: self._row(need) for need in needs})
        batch.fold(Item(event, meta, stamp(1, self.offset), handler, needs))
        self._take(batch)
        self.offset += 1
        return self

    def _row(self, need: Need) -> msgspec.Struct | None:
        put = self.rows.get(need)
        return put.row if put else None

    def _take(self, batch: Batch) -> None:
        self.rows.update(batch.puts)
        for tally, deltas in batch.deltas.items():
            self.counts[tally.kind, tally.subject] += sum(delta.change for delta in deltas)
        self.refusals += batch.refusals
        self.second_phases += len(batch.seconds)

    def get(self, table: Table[R], *key: Any) -> R | None:
        """One row."""
        return cast("R | None", self._row(Need(table, key)))

    def all(self, table: Table[R]) -> list[R]:
        """Every row of a table, in the order of writing."""
        return [cast("R", put.row) for need, put in self.rows.items() if need.table is table]

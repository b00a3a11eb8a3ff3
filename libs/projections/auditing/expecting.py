"""What the tables should hold by the events of one key: its history folded in memory, every put of a row kept.

Handlers read only rows of the event's own key, and such rows are written by events of one source partition: nothing
but the key's own events is needed.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from libs.log import Record
from libs.projections.amendments import Amendments
from libs.projections.auditing.drift import EventRef
from libs.projections.batch import Batch, Item, TallyKey
from libs.projections.projection import Need, Projection
from libs.projections.sorting import item_of
from libs.views import Put

BREATH = 50
"""Events folded before the loop may go on."""


class CannotFold(Exception):
    """The handler fails on an event that was folded once. `event` is the one."""

    def __init__(self, event: EventRef, error: Exception) -> None:
        """`error` is what it failed with."""
        super().__init__(f"{event.type} at {event.place} cannot be folded any more: {error!r}")
        self.event = event


class Wrote(NamedTuple):
    """What one event made of a row."""

    event: EventRef
    put: Put


class Counted(NamedTuple):
    """What one event added to a tally."""

    stamp: int
    change: int
    event: EventRef


class Expected:
    """What came of some histories."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.rows: dict[Need, list[Wrote]] = defaultdict(list)
        """Each row as one event after the other put it, as long as it changed."""
        self.counted: dict[TallyKey, list[Counted]] = defaultdict(list)
        """All changes of each tally, in their order."""

    def row(self, need: Need) -> msgspec.Struct | None:
        """As the last event left it."""
        wrote = self.rows.get(need)
        return wrote[-1].put.row if wrote else None


async def fold_history(
    projection: Projection, epoch: int, records: Sequence[Record], amendments: Amendments
) -> Expected:
    """Fold events of one key, in their order, as they were amended; the loop breathes meanwhile. Raises CannotFold."""
    expected = Expected()
    for number, record in enumerate(records, 1):
        try:
            _fold(projection, epoch, record, amendments, expected)
        except Exception as error:  # whatever a handler raises is what is to be told
            raise CannotFold(EventRef.of(record), error) from error
        if number % BREATH == 0:
            await asyncio.sleep(0)
    return expected


def _fold(projection: Projection, epoch: int, record: Record, amendments: Amendments, expected: Expected) -> None:
    amended = amendments.apply(projection.name, record)
    item = amended and item_of(projection, epoch, amended, amendments.decisions(record))
    if not item:
        return
    batch = Batch(projection, {need: expected.row(need) for need in item.needs})
    batch.fold(item)
    _join(batch, item, EventRef.of(record), expected)


def _join(batch: Batch, item: Item, event: EventRef, expected: Expected) -> None:
    for need, put in batch.puts.items():
        wrote = expected.rows[need]
        # Alike, it only moves the stamp: the event after which rows part is the first that changed one.
        if wrote and wrote[-1].put.row == put.row:
            wrote[-1] = wrote[-1]._replace(put=put)
        else:
            wrote.append(Wrote(event, put))
    for tally, deltas in batch.deltas.items():
        expected.counted[tally] += [Counted(delta.stamp, delta.change, event) for delta in deltas]

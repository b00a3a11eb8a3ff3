"""What a handler writes for an event, found by running it again: handlers are pure, and nothing is written here."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from libs.events import Event, Meta
from libs.projections import Projection
from libs.projections.batch import Batch, Item, read_needs
from libs.views import Key, Reads, Table
from qiao.journeys.shapes import Rows

R = TypeVar("R", bound=msgspec.Struct)

MOST_ROWS = 1_000
"""Rows of a second phase that are looked at: an author may have millions of followers."""

MOST_KEYS = 5
"""Keys that are named; the others are counted."""


class Rehearsed(NamedTuple):
    """What a handler would write now, beside what is there."""

    rows: tuple[Rows, ...]
    refused: tuple[str, ...]


class _Enough(Exception):
    """No more rows need be looked at."""


class _Collected:
    """The `Second` of one event, kept instead of written."""

    def __init__(self, reads: Reads) -> None:
        self.reads = reads
        self.rows: list[tuple[Table[Any], msgspec.Struct]] = []
        self.stopped = False

    async def put(self, table: Table[R], rows: Sequence[R], *, expires_at: int | None = None) -> None:
        self.rows += [(table, row) for row in rows[: MOST_ROWS - len(self.rows)]]
        if len(self.rows) >= MOST_ROWS:
            self.stopped = True
            raise _Enough

    async def finish(self, table: Table[R], rows: Sequence[R]) -> None:
        await self.put(table, rows)


async def rehearse(reads: Reads, projection: Projection, event: Event, meta: Meta) -> Rehearsed:
    """Run the event's handlers against the tables as they are, and compare. Raises what the handlers raise.

    A handler that leaves alone what stands already writes nothing here, if another event has made it stand.
    """
    handler = projection.handlers[type(event)]
    item = Item(event, meta, 0, handler, handler.needs(event, meta) if handler.needs else ())
    batch = Batch(projection, await read_needs(reads, [item]))
    batch.fold(item)
    first = [(put.table, put.row) for put in batch.puts.values()]
    second = _Collected(reads)
    if batch.seconds and handler.after is not None:
        try:
            await handler.after(event, meta, second)
        except _Enough:
            second.stopped = True
    rows = [
        *await _compared(reads, first, crossing=False),
        *await _compared(reads, second.rows, crossing=True, at_least=second.stopped),
    ]
    return Rehearsed(tuple(rows), tuple(batch.refusals))


async def _compared(
    reads: Reads, rows: Sequence[tuple[Table[Any], msgspec.Struct]], *, crossing: bool, at_least: bool = False
) -> list[Rows]:
    by_table: dict[Table[Any], list[msgspec.Struct]] = {}
    for table, row in rows:
        by_table.setdefault(table, []).append(row)
    return [await _rows(reads, table, some, crossing, at_least) for table, some in by_table.items()]


async def _rows(
    reads: Reads, table: Table[Any], rows: Sequence[msgspec.Struct], crossing: bool, at_least: bool
) -> Rows:
    keys = [table.key_of(row) for row in rows]
    there = await reads.get_many(table, keys)
    same = sum(found == row for found, row in zip(there, rows, strict=True))
    missing = [key for key, found in zip(keys, there, strict=True) if found is None]
    return Rows(
        table=table.name,
        count=len(rows),
        keys=_named(keys),
        as_written=same,
        changed_since=len(rows) - same - len(missing),
        missing=len(missing),
        lost=_named(missing),
        crossing=crossing,
        at_least=at_least,
    )


def _named(keys: Sequence[Key]) -> tuple[str, ...]:
    return tuple(" ".join(map(str, key)) for key in keys[:MOST_KEYS])

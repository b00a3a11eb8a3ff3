"""Writes, on the event loop in short slices: without a sync to wait for, a row costs 10-20 µs.

In a thread the same 500 rows take 0.1 to 3 s beside a busy loop, because each statement gives the interpreter away and
waits to get it back (docs/decisions/0004). What does sync the disk, the checkpoint, runs in a thread.
"""

import asyncio
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import msgspec

from libs.sqlite import Breath
from libs.views.port import Put, RowRefused
from libs.views.rows import ENCODE_ERRORS
from libs.views.sqlite.errors import translated
from libs.views.sqlite.reading import Catalog
from libs.views.sqlite.statements import Statements
from libs.views.sqlite.upkeep import Upkeep
from libs.views.table import Table

SLICE = 32
"""Rows written before the loop may go on."""

BUSY_WAIT = 10.0
"""Seconds to wait for another process that writes (a migration, a replay)."""

BUSY_PAUSE = 0.005

_ROW_ERRORS = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    ValueError,
)
"""What SQLite raises for a value that does not fit its column."""

Rows = list[tuple[Put, list[object]]]


class StageWriter:
    """Writes stages, one transaction at a time. Owns the writing connection."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        catalog: Catalog,
        breath: Breath,
        clock: Callable[[], float],
        upkeep: Upkeep,
    ) -> None:
        """`clock` tells the time that expiry is measured by, in seconds since 1970 UTC."""
        self._connection = connection
        self._catalog = catalog
        self._breath = breath
        self._clock = clock
        self._upkeep = upkeep
        self._turn = asyncio.Lock()
        self._closed = False

    async def write(self, stages: Sequence[Sequence[Put]]) -> None:
        """See the port's write. Raises RowRefused, ViewsUnavailable."""
        with translated():
            async with self._turn:
                refused = await self._transaction(stages)
                await self._upkeep.checkpoint()
        if refused is not None:
            raise refused

    async def close(self) -> None:
        """Wait for the transaction in hand, then close the connection."""
        async with self._turn:
            self._closed = True
            self._connection.close()

    async def _transaction(self, stages: Sequence[Sequence[Put]]) -> RowRefused | None:
        await self._begin()
        try:
            refused = await self._stages(stages)
            self._upkeep.purge()
            self._connection.execute("COMMIT")
        except BaseException:
            self._rollback()
            raise
        return refused

    async def _begin(self) -> None:
        """Another process may be writing: wait for it without blocking the loop."""
        if self._closed:
            raise sqlite3.OperationalError("closed")
        deadline = time.monotonic() + BUSY_WAIT
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(BUSY_PAUSE)
            else:
                return

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    async def _stages(self, stages: Sequence[Sequence[Put]]) -> RowRefused | None:
        """Stop after the stage that has a refused row: the first such row of it is told."""
        for stage in stages:
            refused: list[RowRefused] = []
            for puts in _slices(stage):
                await self._breath.take()
                refused += self._slice(puts)
            if refused:
                return refused[0]
        return None

    def _slice(self, puts: Sequence[Put]) -> list[RowRefused]:
        refused: list[RowRefused] = []
        by_table: defaultdict[Table[msgspec.Struct], Rows] = defaultdict(list)
        now = self._clock()
        for put in puts:
            if put.is_past(now):
                continue
            try:
                values = self._catalog.of(put.table).codec.encode(put.row)
            except ENCODE_ERRORS as error:
                refused.append(RowRefused(put, str(error)))
                continue
            values += (put.stamp, put.expires_at)
            if put.expires_at is not None:
                self._upkeep.expires(put.table)
            by_table[put.table].append((put, values))
        for table, rows in by_table.items():
            refused += self._upsert(self._catalog.of(table), rows)
        return refused

    def _upsert(self, statements: Statements[msgspec.Struct], rows: Rows) -> list[RowRefused]:
        try:
            self._connection.executemany(statements.upsert, [values for _, values in rows])
        except _ROW_ERRORS:
            return list(self._one_by_one(statements, rows))
        return []

    def _one_by_one(self, statements: Statements[msgspec.Struct], rows: Rows) -> Iterator[RowRefused]:
        """A slice with a bad row again, a row at a time; what the first try wrote is written once more to no effect."""
        for put, values in rows:
            try:
                self._connection.execute(statements.upsert, values)
            except _ROW_ERRORS as error:
                yield RowRefused(put, str(error))


def _slices(puts: Sequence[Put]) -> Iterator[Sequence[Put]]:
    rest = iter(puts)
    while part := tuple(islice(rest, SLICE)):
        yield part

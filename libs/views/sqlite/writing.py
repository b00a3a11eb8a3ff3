"""Writes, on the event loop in short slices: without a sync to wait for, a row costs 10-20 µs.

In a thread the same 500 rows take 0.1 to 3 s beside a busy loop, because each statement gives the interpreter away and
waits to get it back (docs/decisions/0004). What does sync the disk, the checkpoint, runs in a thread.
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice

from libs.sqlite import Breath
from libs.views.port import Put, RowRefused
from libs.views.sqlite.errors import translated
from libs.views.sqlite.slices import SliceWriter
from libs.views.sqlite.transactions import Transactions
from libs.views.sqlite.upkeep import Upkeep

SLICE = 32
"""Rows written before the loop may go on."""


class StageWriter:
    """Writes stages, one write at a time. Owns the writing connection."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        transactions: Transactions,
        slices: SliceWriter,
        breath: Breath,
        upkeep: Upkeep,
    ) -> None:
        """`transactions`, `slices` and `upkeep` work on the same connection."""
        self._connection = connection
        self._transactions = transactions
        self._slices = slices
        self._breath = breath
        self._upkeep = upkeep
        self._turn = asyncio.Lock()
        self._closed = False

    async def write(self, stages: Sequence[Sequence[Put]]) -> None:
        """See the port's write. Raises RowRefused, ViewsUnavailable."""
        with translated():
            async with self._turn:
                refused = await self._transaction(stages)
                await self._tidy()
        if refused is not None:
            raise refused

    async def commit(self) -> None:
        """Make durable what shares a transaction that is still open. Raises ViewsUnavailable."""
        with translated():
            async with self._turn:
                if self._connection.in_transaction:
                    self._transactions.commit()
                    await self._tidy()

    async def close(self) -> None:
        """Wait for the write in hand and commit, then close the connection. Raises ViewsUnavailable."""
        async with self._turn:
            try:
                with translated():
                    if not self._closed:
                        self._transactions.commit()
            finally:
                self._closed = True
                self._connection.close()

    async def _transaction(self, stages: Sequence[Sequence[Put]]) -> RowRefused | None:
        if self._closed:
            raise sqlite3.OperationalError("closed")
        await self._transactions.begin()
        try:
            refused = await self._stages(stages)
            self._upkeep.purge()
            self._transactions.end()
        except BaseException:
            self._transactions.take_back()
            raise
        return refused

    async def _tidy(self) -> None:
        if not self._connection.in_transaction:
            await self._upkeep.checkpoint()

    async def _stages(self, stages: Sequence[Sequence[Put]]) -> RowRefused | None:
        """Stop after the stage that has a refused row: the first such row of it is told."""
        for stage in stages:
            refused: list[RowRefused] = []
            for puts in _cut(stage):
                await self._breath.take()
                refused += self._slices.write(puts)
            if refused:
                return refused[0]
        return None


def _cut(puts: Sequence[Put]) -> Iterator[Sequence[Put]]:
    rest = iter(puts)
    while part := tuple(islice(rest, SLICE)):
        yield part

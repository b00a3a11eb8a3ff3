"""Writes: a stage's batches, several in flight, each awaited once."""

import asyncio
from collections.abc import Callable, Generator, Sequence

from cassandra import InvalidRequest

from libs.cassandra import CassandraUnavailable, Statement
from libs.views.cassandra.batches import Batch, Batcher
from libs.views.cassandra.tables import Tables, check_missing
from libs.views.port import Put, RowRefused, ViewsUnavailable

IN_FLIGHT = 16
"""Batches of one stage under way at once."""

ROWS_PER_SENDER = 32


class StageWriter:
    """Writes stages, one after the other."""

    def __init__(self, tables: Tables, clock: Callable[[], float]) -> None:
        """`clock` tells what has expired, in seconds since 1970 UTC."""
        self._tables = tables
        self._clock = clock

    async def write(self, stages: Sequence[Sequence[Put]]) -> None:
        """See the port's write. Raises RowRefused, ViewsUnavailable, SchemaOutdated."""
        self._tables.check_open()
        for stage in stages:
            await self._write(stage)

    async def _write(self, stage: Sequence[Put]) -> None:
        tables = {table: await self._tables.inserts(table) for table in {put.table for put in stage}}
        batcher = Batcher(tables, self._tables.session.replicas, self._clock())
        batches = batcher.batches(stage)
        senders = (self._send_all(batches, batcher.refused) for _ in range(_senders(len(stage))))
        outcomes = await asyncio.gather(*senders, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        if batcher.refused:
            raise batcher.refused[0]

    async def _send_all(self, batches: Generator[Batch], refused: list[RowRefused]) -> None:
        """One of several that draw from the same batches. The first to fail ends the drawing for all."""
        for batch in batches:
            try:
                await self._send(batch, refused)
            except BaseException:
                batches.close()
                raise

    async def _send(self, batch: Batch, refused: list[RowRefused]) -> None:
        session = self._tables.session
        try:
            if len(batch.puts) == 1:
                await session.execute(Statement(*batch.rows[0]))
            else:
                await session.execute_batch(batch.rows, batch.routing_key)
        except CassandraUnavailable as error:
            raise ViewsUnavailable(str(error)) from error
        except InvalidRequest as error:
            check_missing(error)
            await self._refused(batch, refused, error)

    async def _refused(self, batch: Batch, refused: list[RowRefused], error: InvalidRequest) -> None:
        """Halve the batch until the row at fault stands alone; the others are written on the way."""
        if len(batch.puts) == 1:
            refused.append(RowRefused(batch.puts[0], str(error)))
            return
        for half in batch.halves():
            await self._send(half, refused)


def _senders(rows: int) -> int:
    """A small stage is not worth many tasks."""
    return min(IN_FLIGHT, 1 + rows // ROWS_PER_SENDER)

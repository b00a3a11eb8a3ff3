"""Bare writing to Cassandra: cassandra-driver, one prepared INSERT for each table, unlogged batches, 8 in flight."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cassandra.cluster import Session
from cassandra.query import BatchStatement, BatchType, PreparedStatement

IN_FLIGHT = 8


class BareRow(NamedTuple):
    """A row as the driver takes it."""

    insert: PreparedStatement
    values: Sequence[object]


class BareBatches:
    """Sends batches and waits for all of them in the end."""

    def __init__(self, session: Session) -> None:
        """On the running event loop."""
        self._session = session
        self._loop = asyncio.get_running_loop()
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._failed: BaseException | None = None

    async def send(self, rows: Iterable[BareRow]) -> None:
        """Start writing the rows as one batch; waits while too many are in flight. Raises what an earlier one met."""
        batch = BatchStatement(BatchType.UNLOGGED)
        for insert, values in rows:
            batch.add(insert, values)
        await self._slots.acquire()
        if self._failed is not None:
            raise self._failed
        self._session.execute_async(batch).add_callbacks(self._written, self._fail)

    async def drain(self) -> None:
        """Wait for what is in flight. Raises what a write met."""
        for _ in range(IN_FLIGHT):
            await self._slots.acquire()
        if self._failed is not None:
            raise self._failed

    def _written(self, _: object) -> None:
        """In the driver's thread."""
        self._loop.call_soon_threadsafe(self._slots.release)

    def _fail(self, error: BaseException) -> None:
        """In the driver's thread."""
        self._failed = error
        self._loop.call_soon_threadsafe(self._slots.release)

"""The second phase of a batch: handlers that read other keys, their rows streamed out in bounded chunks."""

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from libs.projections.batch import Item
from libs.projections.memo import MemoReads
from libs.views import Put, Reads, Table, TableKind, Views

R = TypeVar("R", bound=msgspec.Struct)

CHUNK_ROWS = 400
CHUNKS_IN_FLIGHT = 4
HANDLERS_AT_ONCE = 128


class RowStream:
    """Rows on their way out: written in chunks, a few chunks at a time, the rest waits."""

    def __init__(self, views: Views) -> None:
        """Close it with `drain`."""
        self._views = views
        self._buffer: list[Put] = []
        self._slots = asyncio.Semaphore(CHUNKS_IN_FLIGHT)
        self._writes: set[asyncio.Task[None]] = set()
        self._last: list[Put] = []
        self.rows = 0

    async def put(self, puts: Sequence[Put]) -> None:
        """Take rows; waits while too many are in flight. A write that fails is told by `drain`."""
        self._buffer.extend(puts)
        self.rows += len(puts)
        while len(self._buffer) >= CHUNK_ROWS:
            chunk, self._buffer = self._buffer[:CHUNK_ROWS], self._buffer[CHUNK_ROWS:]
            await self._start(chunk)

    async def _start(self, chunk: Sequence[Put]) -> None:
        await self._slots.acquire()
        write = asyncio.create_task(self._write(chunk))
        self._writes.add(write)
        write.add_done_callback(self._written)

    def _written(self, write: asyncio.Task[None]) -> None:
        """Only what failed is kept, for `drain` to tell: a post may go to a million homes."""
        if not write.cancelled() and write.exception() is None:
            self._writes.discard(write)

    async def _write(self, chunk: Sequence[Put]) -> None:
        try:
            await self._views.write(chunk)
        finally:
            self._slots.release()

    def finish(self, puts: Sequence[Put]) -> None:
        """Take rows that are written by `finish_all`, when all others are durable."""
        self._last.extend(puts)
        self.rows += len(puts)

    async def finish_all(self) -> None:
        """Write what `finish` took. Call it after `drain`."""
        for begin in range(0, len(self._last), CHUNK_ROWS):
            await self._views.write(self._last[begin : begin + CHUNK_ROWS])

    async def drain(self) -> None:
        """Write what is left and wait for all of it. Raises the first error, after every write has ended."""
        if self._buffer:
            chunk, self._buffer = self._buffer, []
            await self._start(chunk)
        results = await asyncio.gather(*self._writes, return_exceptions=True)
        self._writes.clear()
        for result in results:
            if isinstance(result, BaseException):
                raise result


class EventSecond:
    """The `Second` of one event."""

    def __init__(self, reads: Reads, stream: RowStream, at: int) -> None:
        """`at` is the stamp of the event."""
        self.reads = reads
        self._stream, self._at = stream, at

    async def put(self, table: Table[R], rows: Sequence[R], *, expires_at: int | None = None) -> None:
        """See `Second.put`."""
        _check_crossing(table)
        await self._stream.put([Put(table, row, self._at, expires_at) for row in rows])

    async def finish(self, table: Table[R], rows: Sequence[R]) -> None:
        """See `Second.finish`."""
        _check_crossing(table)
        self._stream.finish([Put(table, row, self._at) for row in rows])


async def run_seconds(views: Views, items: Sequence[Item]) -> int:
    """Run the second phases of a flushed batch, a few at once; returns the rows written, all durable.

    Raises the first error of a handler or write, after everything that was begun has ended.
    """
    reads, stream = MemoReads(views), RowStream(views)
    waiting = iter(items)

    async def lane() -> None:
        for item in waiting:
            after = item.handler.after
            if after is not None:
                await after(item.event, item.meta, EventSecond(reads, stream, item.at))

    lanes = [asyncio.create_task(lane()) for _ in range(min(HANDLERS_AT_ONCE, len(items)))]
    try:
        await _all(lanes)
    finally:
        await _end(lanes)
        await reads.close()
        await stream.drain()
    await stream.finish_all()
    return stream.rows


class _Rehearsal:
    """A `Second` that keeps what would be written."""

    def __init__(self, reads: Reads, at: int, puts: list[Put]) -> None:
        self.reads = reads
        self._at, self._puts = at, puts

    async def put(self, table: Table[R], rows: Sequence[R], *, expires_at: int | None = None) -> None:
        """Nothing is written."""
        _check_crossing(table)
        self._puts += [Put(table, row, self._at, expires_at) for row in rows]

    async def finish(self, table: Table[R], rows: Sequence[R]) -> None:
        """Nothing is written."""
        _check_crossing(table)
        self._puts += [Put(table, row, self._at) for row in rows]


async def rehearse_seconds(reads: Reads, items: Sequence[Item]) -> list[Put]:
    """Run second phases one after the other and write nothing: what they would write. Raises what the handlers raise.

    `reads` must show the rows of the first phase.
    """
    puts: list[Put] = []
    for item in items:
        if item.handler.after is not None:
            await item.handler.after(item.event, item.meta, _Rehearsal(reads, item.at, puts))
    return puts


def _check_crossing(table: Table[Any]) -> None:
    """What depends on other keys' rows has no place in a table that every replay must give byte by byte."""
    if table.kind is not TableKind.CROSSING:
        raise LookupError(f"a second phase writes {table.name}, which is not declared as a crossing table")


async def _all(lanes: Sequence[asyncio.Task[None]]) -> None:
    for task in asyncio.as_completed(lanes):
        await task


async def _end(lanes: Sequence[asyncio.Task[None]]) -> None:
    for task in lanes:
        task.cancel()
    await asyncio.gather(*lanes, return_exceptions=True)

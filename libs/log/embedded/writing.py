"""Group commit: whatever waits is inserted on the event loop in short slices, and one synced COMMIT runs beside it.

An insert costs 4 µs; in a thread it would wait for the interpreter at every statement, up to 5 ms each beside a busy
loop. Only the COMMIT waits for the disk, so only it goes to a thread (docs/decisions/0003).
"""

import asyncio
import logging
import os
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain, islice

from libs.log.embedded.jobs import Ends, Job
from libs.log.embedded.rows import INSERT, Row
from libs.log.port import LogError, LogUnavailable, Partition
from libs.sqlite import Breath

_log = logging.getLogger(__name__)

MAX_WAITING = 20_000
"""Calls that may wait for a commit."""

MAX_WAITING_BYTES = 64 << 20

GROUP = 1_000
"""Calls that share a commit."""

SLICE = 64
"""Rows inserted before the loop may go on: about 0.3 ms."""

SLICE_BYTES = 256 << 10
"""Fewer where their values reach this."""

COMMIT_TIMEOUT = 30.0
"""Seconds after which who waits is told that the disk does not answer."""

TIDY_AFTER = 1.0


class GroupWriter:
    """The one writer of a log file. Owns the writing connection, the lock, a task and a thread."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        lock: int,
        name: str,
        on_written: Callable[[Mapping[Partition, int]], None],
    ) -> None:
        """`lock` is the descriptor of the lock file; `on_written` is told the new ends of partitions once durable."""
        self._connection, self._name, self._on_written = connection, name, on_written
        self._lock: int | None = lock
        self._ends, self._breath = Ends(connection), Breath()
        self._waiting: deque[Job] = deque()
        self._group: list[Job] = []
        self._bytes = 0
        self._wake = asyncio.Event()
        self._closed = self._stuck = self._untidy = self._refused = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"commit {name}")
        self._task = asyncio.create_task(self._run(), name=f"write {name}")

    @property
    def running(self) -> bool:
        """Whether it takes calls and the disk answers."""
        return not (self._closed or self._stuck or self._task.done())

    @property
    def healthy(self) -> bool:
        """Whether it runs and the disk took what was written last: a full one refuses."""
        return self.running and not self._refused

    async def write(self, job: Job) -> None:
        """Returns once the job is durable. If the caller is cancelled it may still be written.

        Raises LogUnavailable, and LogError where the job is refused.
        """
        if not self.running:
            raise LogUnavailable(f"{self._name} is closed, or its disk does not answer")
        if len(self._waiting) >= MAX_WAITING or (self._waiting and self._bytes + job.size > MAX_WAITING_BYTES):
            raise LogUnavailable(f"{self._name}: {len(self._waiting)} writes of {self._bytes} bytes wait already")
        self._waiting.append(job)
        self._bytes += job.size
        self._wake.set()
        await job.done

    async def close(self) -> None:
        """Write what waits, then let go of thread, file and lock. Safe to call twice."""
        self._closed = True
        self._wake.set()
        await asyncio.wait([self._task])
        if self._lock is not None:
            lock, self._lock = self._lock, None
            await asyncio.to_thread(self._let_go, lock)

    def _let_go(self, lock: int) -> None:
        self._thread.shutdown()
        self._connection.close()
        os.close(lock)

    async def _run(self) -> None:
        while self._waiting or not self._closed:
            if self._waiting:
                await self._write_group()
            else:
                await self._idle()

    async def _idle(self) -> None:
        """Wait for work. When none came for a while, try a disk that refused, then tidy."""
        self._wake.clear()
        try:
            async with asyncio.timeout(TIDY_AFTER if self._untidy or self._refused else None):
                await self._wake.wait()
        except TimeoutError:
            await self._try_again()
            await self._tidy()

    async def _try_again(self) -> None:
        """Who is not ready is sent nothing to write: see for ourselves whether the disk takes a page again."""
        if not self._refused:
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            [version] = self._connection.execute("PRAGMA user_version").fetchone()
            self._connection.execute(f"PRAGMA user_version = {version}")
            await self._beside("COMMIT")
        except sqlite3.Error:
            self._roll_back()
        else:
            self._taken()

    def _taken(self) -> None:
        """The disk took a write."""
        if self._refused:
            self._refused = False
            _log.warning("%s: the disk takes writes again", self._name)

    async def _tidy(self) -> None:
        """Move the write-ahead log into the file."""
        self._untidy = False
        try:
            await self._beside("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:
            _log.warning("%s: tidying failed and is tried again after the next write: %r", self._name, error)

    async def _write_group(self) -> None:
        self._group = [self._waiting.popleft() for _ in range(min(GROUP, len(self._waiting)))]
        self._bytes -= sum(job.size for job in self._group)
        self._untidy = True
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._ends.begin()
            await self._insert(self._group)
            await self._beside("COMMIT")
        except Exception as error:  # noqa: BLE001 - handed to every caller: a bug in one call must not end the writer
            self._undo(error)
        else:
            self._taken()
            self._on_written(self._ends.committed())
            for job in self._group:
                job.succeed()

    async def _insert(self, jobs: Sequence[Job]) -> None:
        now = time.time_ns() // 1_000_000
        rows = chain.from_iterable(self._rows_of(job, now) for job in jobs)
        while part := _slice(rows):
            self._connection.executemany(INSERT, part)
            await self._breath.take()

    def _rows_of(self, job: Job, now: int) -> Iterator[Row]:
        try:
            yield from job.rows(self._ends, now)
        except LogError as error:
            job.fail(error)

    def _undo(self, error: Exception) -> None:
        if not self._refused:  # a disk that is full must not be filled with this
            _log.error("%s: a commit failed", self._name, exc_info=error)
        kind = LogUnavailable if isinstance(error, sqlite3.Error) else LogError
        for job in self._group:
            job.fail(kind(f"{self._name}: {error!r}"))
        self._refused = kind is LogUnavailable
        self._ends.in_doubt = True
        self._roll_back()

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # should this not work either, the next BEGIN says so
            self._connection.rollback()

    async def _beside(self, statement: str) -> None:
        """Run a statement that waits for the disk in the thread."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(COMMIT_TIMEOUT, self._give_up)
        try:
            # To its last row: a checkpoint whose answer nobody has read keeps the next commit from going through.
            await loop.run_in_executor(self._thread, lambda: self._connection.execute(statement).fetchall())
        finally:
            timer.cancel()
            self._stuck = False

    def _give_up(self) -> None:
        """The disk hangs: let nobody wait with it. What is in hand may still be written."""
        self._stuck = True
        for job in [*self._group, *self._waiting]:
            job.fail(LogUnavailable(f"{self._name}: the disk does not answer"))
        self._waiting.clear()
        self._bytes = 0


def _slice(rows: Iterator[Row]) -> list[Row]:
    """The next rows that are inserted at one go."""
    part, size = [], 0
    for row in islice(rows, SLICE):
        part.append(row)
        size += len(row[5])
        if size >= SLICE_BYTES:
            break
    return part

"""One thread that writes to one database, many small transactions to one commit.

A durable commit costs a sync of the disk (1-10 ms); whatever is waiting when one begins shares it. Each job runs
in a savepoint of its own: one that fails takes nothing of the others with it.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread
from typing import Generic, TypeVar

from libs.sqlite.refusals import refused, takes_writes

T = TypeVar("T")

_log = logging.getLogger(__name__)

Work = Callable[[sqlite3.Connection], T]

MAX_WAITING = 10_000
MAX_GROUP = 256

TIDY_AFTER = 1.0
TIDY_EVERY = 30.0
"""Seconds after which it is tidied even where there is no quiet."""

HANGS = 5.0
"""Seconds that a commit may take before the disk counts as one that does not answer."""


class WriterClosed(Exception):
    """The database was closed."""


class _Job(Generic[T]):
    """One piece of work and the future that its caller awaits."""

    def __init__(self, work: Work[T], future: asyncio.Future[T]) -> None:
        self.work = work
        self.future = future
        self.outcome: T | Exception | None = None

    def run(self, connection: sqlite3.Connection) -> None:
        """Do the work inside a savepoint; keep what came of it until the group is committed."""
        connection.execute("SAVEPOINT job")
        try:
            self.outcome = self.work(connection)
        except Exception as error:  # noqa: BLE001 - handed to the caller, whatever it is
            self.outcome = error
            connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")

    def settle(self) -> None:
        """Tell the caller (on the event loop), unless it has gone."""
        if self.future.done():
            return
        if isinstance(self.outcome, Exception):
            self.future.set_exception(self.outcome)
        else:
            self.future.set_result(self.outcome)  # type: ignore[arg-type]


class Writer:
    """Runs jobs against a connection that it owns, in a thread that it owns. Used from one event loop."""

    def __init__(
        self, connection: sqlite3.Connection, name: str, *, tidy: Callable[[sqlite3.Connection], bool]
    ) -> None:
        """Starts the thread. Close it to end it; the connection is closed with it.

        `tidy` runs in the thread, outside of any transaction, when nothing was written for TIDY_AFTER seconds since
        the last write, every TIDY_EVERY seconds where there is no such pause, and at the end. It says whether there is
        more to do: then it comes again. What it raises of sqlite3.Error is left for the next time.
        """
        self._connection = connection
        self._tidy = tidy
        self._loop = asyncio.get_running_loop()
        self._jobs: Queue[_Job[object] | None] = Queue()
        self._waiting = 0
        self._closed = self._refused = False
        self._began: float | None = None
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it takes work: neither closed nor dead."""
        return not self._closed and self._thread.is_alive()

    @property
    def healthy(self) -> bool:
        """Whether it takes work and the disk took what was written last: a full one refuses, a broken one hangs."""
        began = self._began
        return self.running and not self._refused and (began is None or time.monotonic() - began < HANGS)

    async def run(self, work: Work[T]) -> T:
        """Run `work` in the thread and return its result once it is durable.

        Raises what `work` raised, sqlite3.Error where the commit failed, WriterClosed, and sqlite3.OperationalError
        when too much is waiting already. A cancelled caller's work may still be done.
        """
        if self._closed:
            raise WriterClosed
        if self._waiting >= MAX_WAITING:
            raise sqlite3.OperationalError(f"{MAX_WAITING} writes are waiting already")
        future: asyncio.Future[T] = self._loop.create_future()
        self._waiting += 1
        self._jobs.put(_Job(work, future))  # type: ignore[arg-type]
        return await future

    async def close(self) -> None:
        """Finish what is waiting, then end the thread and close the connection. Safe to call twice."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        last = untidy = False
        tidied = time.monotonic()
        while not last:
            group, last = self._group(TIDY_AFTER if untidy or self._refused else None)
            if group:
                self._began = time.monotonic()
                self._commit(group)
                self._began = None
                self._loop.call_soon_threadsafe(self._settle, group)
                untidy = True
            elif self._refused:
                # Who is not ready is sent nothing to write: see for ourselves.
                self._refused = not takes_writes(self._connection)
            if untidy and (last or not group or time.monotonic() - tidied > TIDY_EVERY):
                untidy = self._tidy_up()
                tidied = time.monotonic()
        self._connection.close()

    def _group(self, timeout: float | None) -> tuple[list[_Job[object]], bool]:
        """Wait for one job and take what waits behind it; whether the end has come as well."""
        group: list[_Job[object]] = []
        try:
            job = self._jobs.get(timeout=timeout)
            while job is not None:
                group.append(job)
                if len(group) == MAX_GROUP:
                    return group, False
                job = self._jobs.get_nowait()
        except Empty:
            return group, False
        return group, True

    def _tidy_up(self) -> bool:
        """Whether there is more to do at once."""
        try:
            return self._tidy(self._connection)
        except sqlite3.Error as error:
            _log.warning("tidying failed and is tried again after the next write: %s", error)
            return False

    def _commit(self, group: list[_Job[object]]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for job in group:
                job.run(self._connection)
            self._connection.execute("COMMIT")
            self._refused = any(refused(job.outcome) for job in group)
        except sqlite3.Error as error:
            self._refused = True
            for job in group:
                job.outcome = error
            with suppress(sqlite3.Error):  # the next BEGIN fails and tells, should this not work either
                self._connection.rollback()

    def _settle(self, group: list[_Job[object]]) -> None:
        self._waiting -= len(group)
        for job in group:
            job.settle()

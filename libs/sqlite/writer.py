"""One thread that writes to one database, many small transactions to one commit.

A durable commit costs a sync of the disk (1-10 ms); whatever is waiting when one begins shares it. Each job runs
in a savepoint of its own: one that fails takes nothing of the others with it.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from queue import Empty, Queue
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")

Work = Callable[[sqlite3.Connection], T]

MAX_WAITING = 10_000
MAX_GROUP = 256


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

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        """Starts the thread. Close it to end it; the connection is closed with it."""
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._jobs: Queue[_Job[object] | None] = Queue()
        self._waiting = 0
        self._closed = False
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

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
        last = False
        while not last:
            group, last = self._group()
            if group:
                self._commit(group)
                self._loop.call_soon_threadsafe(self._settle, group)
        self._connection.close()

    def _group(self) -> tuple[list[_Job[object]], bool]:
        """Wait for one job and take what waits behind it; whether the end has come as well."""
        group: list[_Job[object]] = []
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            if len(group) == MAX_GROUP:
                return group, False
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return group, False
        return group, True

    def _commit(self, group: list[_Job[object]]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for job in group:
                job.run(self._connection)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for job in group:
                job.outcome = error

    def _settle(self, group: list[_Job[object]]) -> None:
        self._waiting -= len(group)
        for job in group:
            job.settle()

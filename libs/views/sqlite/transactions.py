"""Transactions of the writing connection: one for each write, or one for all writes of a while.

However many share one, a write is there as a whole or not at all, and none without those before it.
"""

import asyncio
import sqlite3
import time

BUSY_WAIT = 10.0
"""Seconds to wait for another process that writes (a migration, a replay)."""

BUSY_PAUSE = 0.005


class Transactions:
    """Begins, ends and takes back. One write at a time."""

    def __init__(self, connection: sqlite3.Connection, share: float = 0.0) -> None:
        """A transaction is open for writes of `share` seconds: zero is one write."""
        self._connection, self._share = connection, share
        self._began = 0.0
        self._lost = False

    async def begin(self) -> None:
        """Another process may be writing: wait for it without blocking the loop. Raises sqlite3.Error."""
        if self._lost:
            raise sqlite3.OperationalError("writes were taken back that were said to be done: open it again")
        if not self._connection.in_transaction:
            await self._begin_immediate()
            self._began = time.monotonic()

    def end(self) -> None:
        """The write is whole. Raises sqlite3.Error."""
        if time.monotonic() - self._began >= self._share:
            self.commit()

    def commit(self) -> None:
        """Whatever is open. Raises sqlite3.Error."""
        if self._connection.in_transaction:
            self._connection.execute("COMMIT")

    def take_back(self) -> None:
        """Nothing of the write in hand stays, nor of those in its transaction; where there are such, none may follow.

        A savepoint for each write would spare them, and cost more than all else: each page is copied once for each.
        """
        self._lost = self._share > 0
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    async def _begin_immediate(self) -> None:
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

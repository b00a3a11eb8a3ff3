"""What keeps the file small: moving the write-ahead log into the database, and purging rows whose time is over."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from libs.sqlite import in_thread
from libs.views.port import EXPIRY_MARGIN
from libs.views.sqlite.reading import Catalog
from libs.views.table import Table

WAL_BYTES = 16 << 20
"""Size of the write-ahead log from which it is moved into the database."""

PURGE_STEP = 200
"""Rows of one table purged at a time."""


class Upkeep:
    """Takes turns with the writing, so that a checkpoint always comes to its end and the log can start anew."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        catalog: Catalog,
        clock: Callable[[], float],
        purge_every: float,
        *,
        alone: bool = False,
    ) -> None:
        """`purge_every` in seconds. SQLite's own checkpoints, which would sync on the event loop, are turned off.

        `alone` is a connection that reads, too: a checkpoint beside a read would be refused, so the loop waits for it.
        """
        self._wal = path.with_name(path.name + "-wal")
        self._connection = connection
        self._catalog = catalog
        self._clock = clock
        self._purge_every, self._alone = purge_every, alone
        self._purged_at = time.monotonic()
        self._expiring: set[Table[msgspec.Struct]] = set()
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES // 4}")

    def expires(self, table: Table[msgspec.Struct]) -> None:
        """Remember that rows of this table can expire."""
        self._expiring.add(table)

    def purge(self) -> None:
        """A bounded step of purging, if it is due, within the caller's transaction. Raises sqlite3.Error."""
        if time.monotonic() - self._purged_at >= self._purge_every:
            more = [self._purge(table) for table in self._expiring]
            self._purged_at = self._purged_at if any(more) else time.monotonic()

    async def checkpoint(self) -> None:
        """Empty the write-ahead log if it has grown large. Call it while nothing writes. Raises sqlite3.Error."""
        if self._wal.stat().st_size <= WAL_BYTES:
            return
        if self._alone:
            self._checkpoint()
        else:
            await in_thread(self._checkpoint)

    def _checkpoint(self) -> None:
        # Fetched to the end: a statement that is not over keeps every later COMMIT from happening.
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _purge(self, table: Table[msgspec.Struct]) -> bool:
        """Whether there may be more to purge."""
        statements = self._catalog.of(table)
        past = int(self._clock()) - EXPIRY_MARGIN
        keys = self._connection.execute(statements.expired, (past, PURGE_STEP)).fetchall()
        self._connection.executemany(statements.delete, keys)
        return len(keys) == PURGE_STEP

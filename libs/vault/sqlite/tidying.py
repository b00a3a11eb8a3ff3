"""What the vault's writer does when it has a quiet moment: remove what is past, and every trace of what was removed."""

import sqlite3
from collections.abc import Callable

from libs.vault.sqlite.statements import EXPIRED, PURGE

PURGE_STEP = 500


class Tidying:
    """Called in the writer's thread, outside of a transaction."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: what expiry goes by."""
        self._clock = clock

    def __call__(self, connection: sqlite3.Connection) -> bool:
        """Purge a bounded number of expired records, then empty the write-ahead log: destroyed keys stand in it, too.

        Whether there may be more of them. Raises sqlite3.Error.
        """
        now = self._clock()
        gone = connection.execute(EXPIRED, (now, PURGE_STEP)).fetchall()
        if gone:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(PURGE, [(*key, now) for key in gone])
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return len(gone) == PURGE_STEP

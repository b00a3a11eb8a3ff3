"""A disk that refuses to be written to: how that is told from a mistake, and how one finds out that it is over."""

import sqlite3
from contextlib import suppress

_CODES = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}
_PRIMARY = 0xFF


def refused(outcome: object) -> bool:
    """Whether this is an error that the disk is to blame for, such as a full one."""
    return isinstance(outcome, sqlite3.Error) and getattr(outcome, "sqlite_errorcode", 0) & _PRIMARY in _CODES


def takes_writes(connection: sqlite3.Connection) -> bool:
    """Write what stands in the database already. Call it outside of a transaction."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        [version] = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        with suppress(sqlite3.Error):  # should this not work either, the next BEGIN fails and tells
            connection.rollback()
        return False
    return True

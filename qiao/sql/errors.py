"""What a question is refused for."""

import sqlite3


class QueryRefused(Exception):
    """It is no SQL, names what is not there, or would change something."""


class TimeIsUp(Exception):
    """It took longer than it may."""


def is_broken(error: sqlite3.Error | sqlite3.Warning) -> bool:
    """Whether a file is no longer what SQLite wrote: cut off, or changed."""
    # The lowest byte is the kind; the others tell kinds of it apart.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

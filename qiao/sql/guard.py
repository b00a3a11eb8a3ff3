"""What a question may do: read, for a while."""

import sqlite3
import time

from qiao.sql.errors import QueryRefused, TimeIsUp, is_broken
from qiao.sql.fields import Fields

_MAY = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE))
_LOOK_EVERY = 20_000
"""Steps of SQLite's machine between two looks at the clock: well below a millisecond."""
_LONGEST = 16 << 20
"""Bytes of a value: a text of a gigabyte is made in one step, which no clock interrupts."""


class Guard:
    """Watches over one connection from the moment that it is made."""

    def __init__(self, connection: sqlite3.Connection, seconds: float, fields: Fields | None) -> None:
        """The files are open for reading only as well; this refuses before anything is tried."""
        self._fields = fields
        self._until, self._seconds = time.monotonic() + seconds, seconds
        self._refused = False
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        connection.set_progress_handler(self._late, _LOOK_EVERY)
        connection.set_authorizer(self._judge)

    def translated(self, error: sqlite3.Error | sqlite3.Warning) -> BaseException:
        """What went wrong, in our words."""
        if self._fields is not None and self._fields.failure is not None:
            return self._fields.failure
        if self._late():
            return TimeIsUp(f"the question took longer than {self._seconds:g} s: ask for less, or give --timeout")
        if self._refused:
            return QueryRefused("only SELECT: a source is never changed")
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            return KeyboardInterrupt()  # SQLite saw it first
        if is_broken(error):
            return error
        hint = "; without a question, all views and columns are listed" if str(error).startswith("no such") else ""
        return QueryRefused(f"SQLite: {error}{hint}")

    def _late(self) -> bool:
        return time.monotonic() > self._until

    def _judge(self, action: int, _a: str | None, _b: str | None, _database: str | None, _by: str | None) -> int:
        if action in _MAY:
            return sqlite3.SQLITE_OK
        self._refused = True
        return sqlite3.SQLITE_DENY

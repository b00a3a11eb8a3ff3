"""The file: which tables it has, how a foreign or newer one is refused, and who may write to it."""

import fcntl
import os
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from libs.log.port import LogError
from libs.sqlite import connect

APPLICATION_ID = 0x5169616F
"""`Qiao` in ASCII."""

VERSION = 1

_SCHEMA = """
CREATE TABLE topics (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, id TEXT NOT NULL, partitions INTEGER NOT NULL
);
CREATE TABLE records (
    topic INTEGER NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, timestamp INTEGER NOT NULL,
    key BLOB NOT NULL, value BLOB NOT NULL, headers BLOB NOT NULL,
    PRIMARY KEY (topic, partition, offset)
) WITHOUT ROWID;
"""


class NotALog(LogError):
    """The file is something else, or was written by a newer Qiao. It was left as it is."""


class LogInUse(LogError):
    """Another process writes to the file."""


def lock(path: Path) -> int:
    """Become the one writer of the file; the lock ends with the process. Raises LogInUse, OSError."""
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise LogInUse(f"another process writes to {path}: stop it, or set QIAO_DATA to another folder") from None
    return descriptor


class Opened(NamedTuple):
    """What an open log is made of; without the writing connection and the lock it is for reading only."""

    reading: sqlite3.Connection
    writing: sqlite3.Connection | None = None
    lock: int | None = None

    def close(self) -> None:
        """Let go of it all."""
        for connection in (self.writing, self.reading):
            if connection is not None:
                connection.close()
        if self.lock is not None:
            os.close(self.lock)


def open_file(path: Path, *, readonly: bool) -> Opened:
    """Open the file; become its writer unless `readonly`. Blocks. Raises NotALog, LogInUse, sqlite3.Error, OSError."""
    if readonly:
        return Opened(open_for_reading(path))
    with ExitStack() as undo:
        descriptor = lock(path)
        undo.callback(os.close, descriptor)
        writing = open_for_writing(path)
        undo.callback(writing.close)
        reading = open_for_reading(path)
        undo.pop_all()
    return Opened(reading, writing, descriptor)


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The one writing connection, on a log that is made where there was none. Raises NotALog, sqlite3.Error."""
    if path.exists() and path.stat().st_size > 0:
        _check(path)
    connection = connect(path, synchronous="FULL")
    if connection.execute("PRAGMA application_id").fetchone()[0] == 0:
        connection.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {APPLICATION_ID};"
            f"PRAGMA user_version = {VERSION}; COMMIT"
        )
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, on an existing log. Raises NotALog, sqlite3.Error."""
    if not path.exists():
        raise NotALog(f"{path} does not exist")
    if not _check(path):
        raise NotALog(f"{path} is empty: nothing has been written to it yet")
    return _read_only(path)


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=0.05,
        cached_statements=64,
    )


def _check(path: Path) -> bool:
    """Whether it is a log (True) or will be one (False), found out without a change to it. Raises NotALog."""
    connection = _read_only(path)
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
            raise
        raise NotALog(f"{path} is no SQLite file") from error
    finally:
        connection.close()
    if application != APPLICATION_ID and not application == tables == version == 0:
        raise NotALog(f"{path} is a SQLite file, but no log of Qiao")
    if version > VERSION:
        raise NotALog(f"{path} is of version {version}, this Qiao knows up to {VERSION}: upgrade it")
    return bool(application == APPLICATION_ID)

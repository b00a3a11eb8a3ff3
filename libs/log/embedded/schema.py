"""The file: which tables it has, how a foreign or newer one is refused, and who may write to it."""

import fcntl
import os
import sqlite3
from pathlib import Path

from libs.log.port import LogError

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


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make an empty file a log; check that any other one is. Raises NotALog."""
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise NotALog(f"{path} is no SQLite file: {error}") from error
    if tables == 0 and application == 0:
        connection.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {APPLICATION_ID};"
            f"PRAGMA user_version = {VERSION}; COMMIT"
        )
        return
    if application != APPLICATION_ID:
        raise NotALog(f"{path} is a SQLite file, but no log of Qiao")
    if version > VERSION:
        raise NotALog(f"{path} is of version {version}, this Qiao knows up to {VERSION}: upgrade it")


def must_exist(path: Path) -> None:
    """Raises NotALog where there is no such file: reading must not create one."""
    if not path.exists():
        raise NotALog(f"{path} does not exist")


def lock(path: Path) -> int:
    """Become the one writer of the file; the lock ends with the process. Raises LogInUse."""
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise LogInUse(f"another process writes to {path}: stop it, or set QIAO_DATA to another folder") from None
    return descriptor

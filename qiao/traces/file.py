"""The file that traces are kept in: packed chunks, where each part is in them, and never more than its bounds allow.

Traces may be lost: whatever cannot be read or was written by another version is thrown away and begun anew.
"""

import logging
import sqlite3
import time
from pathlib import Path
from typing import NamedTuple

from libs.sqlite import connect
from qiao.traces.chunks import chunk_of, seq_of

FILE = "traces.db"
VERSION = 2
CACHE_BYTES = 1 << 20
WAL_BYTES = 4 << 20
"""The write-ahead log is cut to this when it was written back."""
BUSY = 2.0

_log = logging.getLogger(__name__)

_TABLES = f"""
CREATE TABLE chunks (id INTEGER PRIMARY KEY, newest INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE parts (
  seq INTEGER PRIMARY KEY, trace TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, took INTEGER NOT NULL);
CREATE INDEX parts_of_trace ON parts (trace);
CREATE INDEX slowest_requests ON parts (took) WHERE kind = 'server';
CREATE TABLE links (seq INTEGER NOT NULL, trace TEXT NOT NULL, PRIMARY KEY (seq, trace)) WITHOUT ROWID;
CREATE INDEX links_to_trace ON links (trace);
PRAGMA user_version = {VERSION};
"""


class TraceBounds(NamedTuple):
    """How much is kept; the oldest goes first."""

    parts: int
    """Requests and batches."""
    bytes: int
    """Of the file, besides its write-ahead log."""
    seconds: float
    """Age."""


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The file, begun anew where it cannot be used. Raises sqlite3.Error, OSError."""
    try:
        return _opened(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # in use, no room: not the file's fault
            raise
        _log.warning("%s cannot be read (%s): traces are begun anew", path, error)
    _remove(path)
    return _opened(path)


def _opened(path: Path) -> sqlite3.Connection:
    connection = connect(path, synchronous="NORMAL", busy_timeout=BUSY, cache_bytes=CACHE_BYTES)
    try:
        connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == VERSION:
        return
    connection.executescript(f"BEGIN IMMEDIATE; {_drops(connection)} {_TABLES} COMMIT;")


def _drops(connection: sqlite3.Connection) -> str:
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    return " ".join(f'DROP TABLE "{name}";' for (name,) in tables)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def trim(connection: sqlite3.Connection, bounds: TraceBounds, now: float | None = None) -> None:
    """Let go of the oldest parts until the rest is within bounds. `now` in seconds since 1970. Raises sqlite3.Error."""
    horizon = int(((time.time() if now is None else now) - bounds.seconds) * 1e9)
    young = connection.execute("SELECT id FROM chunks WHERE newest >= ? ORDER BY id LIMIT 1", (horizon,)).fetchone()
    surplus = "SELECT seq FROM parts ORDER BY seq DESC LIMIT 1 OFFSET ?"
    many = connection.execute(surplus, (bounds.parts,)).fetchone()
    _, last = _ends(connection)
    _forget(connection, max(young[0] if young else last + 1, chunk_of(many[0]) + 1 if many else 0))
    make_room(connection, bounds)


def make_room(connection: sqlite3.Connection, bounds: TraceBounds) -> None:
    """Let go of the oldest parts until the rest is within the bytes. Raises sqlite3.Error."""
    while _used(connection) > bounds.bytes:
        first, last = _ends(connection)
        if first > last:
            return
        _forget(connection, first + max(1, (last - first) // 10))


def _ends(connection: sqlite3.Connection) -> tuple[int, int]:
    """The first chunk's id and the last one's; (1, 0) where there are none."""
    first, last = connection.execute("SELECT (SELECT min(id) FROM chunks), (SELECT max(id) FROM chunks)").fetchone()
    return (first, last) if first is not None else (1, 0)


def _forget(connection: sqlite3.Connection, keep_from: int) -> None:
    """Every chunk below this one."""
    connection.execute("DELETE FROM chunks WHERE id < ?", (keep_from,))
    for table in ("parts", "links"):
        connection.execute(f"DELETE FROM {table} WHERE seq < ?", (seq_of(keep_from, 0),))  # noqa: S608 - names of ours


def _used(connection: sqlite3.Connection) -> int:
    """Bytes in use: what was freed is written to again before the file grows."""
    pages, free, size = (
        connection.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)

"""The file that traces are kept in: chunks in the order in which they came, never more than its bounds allow.

Traces may be lost: whatever cannot be read or was written by another version is thrown away and begun anew.
"""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from libs.sqlite import connect
from libs.telemetry.local import Part
from qiao.traces.chunks import CHUNK_SPANS, chunks_of, heads, pack

FILE = "traces.db"
VERSION = 3
CACHE_BYTES = 1 << 20
WAL_BYTES = 4 << 20
"""The write-ahead log is cut to this when it was written back."""
BUSY = 2.0

_log = logging.getLogger(__name__)

# There is no index: writing one costs the platform more, with every request, than now and then a look through a few
# megabytes of heads.
_TABLES = f"""
CREATE TABLE chunks (
  id INTEGER PRIMARY KEY, newest INTEGER NOT NULL, parts INTEGER NOT NULL, heads TEXT NOT NULL, body BLOB NOT NULL);
PRAGMA user_version = {VERSION};
"""

_SURPLUS = """
SELECT max(id) FROM (SELECT id, sum(parts) OVER (ORDER BY id DESC) AS so_far FROM chunks) WHERE so_far > ?"""


class TraceBounds(NamedTuple):
    """How much is kept; the oldest goes first."""

    parts: int
    """Requests and batches."""
    bytes: int
    """Of the file, besides its write-ahead log."""
    seconds: float
    """Age, looked at every few minutes."""


class ChunkFile:
    """The file, opened for writing. Used by one thread; any of its calls may raise sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection, bounds: TraceBounds) -> None:
        """Made by `open_chunks`; takes over the connection."""
        self._connection, self._bounds = connection, bounds
        self._count = self._counted()

    def add(self, parts: Sequence[Part]) -> None:
        """Write these parts, and let go of as many old ones as there is no room for."""
        # A chunk goes as a whole: small bounds want small chunks.
        most = min(CHUNK_SPANS, max(1, self._bounds.parts // 10))
        with self._transaction():
            for chunk in chunks_of(parts, most):
                self._insert(chunk)
                self._make_room()

    def forget_before(self, time: float) -> None:
        """Let go of what is older than this many seconds since 1970."""
        with self._transaction():
            young = "SELECT id FROM chunks WHERE newest >= ? ORDER BY id LIMIT 1"
            found = self._connection.execute(young, (int(time * 1e9),)).fetchone()
            self._forget(found[0] if found else self._ends()[1] + 1)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _insert(self, chunk: Sequence[Part]) -> None:
        newest = max(part.root.began for part in chunk)
        row = (newest, len(chunk), heads(chunk), pack(chunk))
        self._connection.execute("INSERT INTO chunks (newest, parts, heads, body) VALUES (?, ?, ?, ?)", row)
        self._count += len(chunk)

    def _make_room(self) -> None:
        if self._count > self._bounds.parts:
            # A twentieth more than need be: it looks through all the chunks, and shall not for each that comes.
            [last] = self._connection.execute(_SURPLUS, (self._bounds.parts * 19 // 20,)).fetchone()
            self._forget(last + 1)
        while self._used() > self._bounds.bytes and self._count:
            first, last = self._ends()
            self._forget(first + max(1, (last - first) // 10))

    def _forget(self, keep_from: int) -> None:
        self._connection.execute("DELETE FROM chunks WHERE id < ?", (keep_from,))
        self._count = self._counted()

    def _ends(self) -> tuple[int, int]:
        """The first chunk's id and the last one's."""
        first, last = self._connection.execute("SELECT min(id), max(id) FROM chunks").fetchone()
        return first or 0, last or 0

    def _counted(self) -> int:
        return int(self._connection.execute("SELECT coalesce(sum(parts), 0) FROM chunks").fetchone()[0])

    def _used(self) -> int:
        """Bytes in use: what was freed is written to again before the file grows."""
        pages, free, size = (
            self._connection.execute(f"PRAGMA {what}").fetchone()[0]
            for what in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite may have ended it by itself
                self._connection.execute("ROLLBACK")
            raise


def open_chunks(path: Path, bounds: TraceBounds) -> ChunkFile:
    """The file, begun anew where it cannot be used. Raises sqlite3.Error, OSError."""
    try:
        return _opened(path, bounds)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # in use, no room: not the file's fault
            raise
        _log.warning("%s cannot be read (%s): traces are begun anew", path, error)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    return _opened(path, bounds)


def _opened(path: Path, bounds: TraceBounds) -> ChunkFile:
    connection = connect(path, synchronous="NORMAL", busy_timeout=BUSY, cache_bytes=CACHE_BYTES)
    try:
        connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            connection.executescript(f"BEGIN IMMEDIATE; {_drops(connection)} {_TABLES} COMMIT;")
        return ChunkFile(connection, bounds)
    except BaseException:
        connection.close()
        raise


def _drops(connection: sqlite3.Connection) -> str:
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    return " ".join(f'DROP TABLE "{name}";' for (name,) in tables)

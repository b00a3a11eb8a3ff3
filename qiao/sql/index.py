"""The index beside a log: which event is of which type, in the order of types.

A log has no index of its own: its appends must stay cheap, and a slice is to stay as it was captured. So the first
question makes `FILE.index`, 40 bytes an event at 500,000 events/s; later ones only read what was appended since. It can
be deleted at any time. Where it cannot be written, it lives for one question, in SQLite's own temporary file.
"""

import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from libs.log.embedded import rows
from libs.log.embedded.rows import Topic
from libs.log.slices.opening import read_manifest
from qiao.sql.layout import TYPE_OF, type_expression, type_of

VERSION = 1
STRIDE = 50_000
"""Offsets taken in at one go."""
COMMIT_EVERY = 200_000
"""Events after which what was taken in is kept, should the rest be broken off."""
BUSY_SECONDS = 2.0
CACHE_KIB = 64 << 10

_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

Tell = Callable[[int], object]
"""Told how many events more were taken in."""

_SCHEMA = """
CREATE TABLE side.events (
    type TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
    log_ms INTEGER NOT NULL, PRIMARY KEY (type, topic, partition, offset)
) WITHOUT ROWID;
CREATE TABLE side.reached (
    topic TEXT NOT NULL, id TEXT NOT NULL, partition INTEGER NOT NULL, last INTEGER NOT NULL, headers BLOB NOT NULL,
    PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
CREATE TABLE side.source (identity TEXT NOT NULL);
"""
_TAKE_IN = (
    f"INSERT INTO side.events SELECT {type_expression()}, ?, partition, offset, timestamp FROM main.records "  # noqa: S608
    "WHERE topic = ? AND partition = ? AND offset >= ? AND offset < ?"
)
_NEXT = "SELECT min(offset) FROM main.records WHERE topic = ? AND partition = ? AND offset >= ?"
_LAST = (
    "SELECT offset, headers FROM main.records WHERE topic = ? AND partition = ? AND offset < ? "
    "ORDER BY offset DESC LIMIT 1"
)
_HEADERS = "SELECT headers FROM main.records WHERE topic = ? AND partition = ? AND offset = ?"


def attach_index(connection: sqlite3.Connection, log: Path, tell: Tell) -> bool:
    """Attach the index of the log that `connection` has open as `side`, made or brought up to date.

    False where it could not be kept beside the log. A slice is held against its checksums when its index is made.
    Raises SliceBroken, SliceTooNew, and sqlite3.Error for what is the matter with the log.
    """
    connection.create_function(TYPE_OF, 1, type_of, deterministic=True)
    connection.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")
    identity = _identity(connection, log)
    try:
        try:
            _keep(connection, log, identity, tell)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode not in _BROKEN:
                raise
            _path(log).unlink()  # it holds nothing that the log does not
            _detach(connection)
            _keep(connection, log, identity, tell)
    except (sqlite3.Error, OSError):
        _detach(connection)
        connection.execute("ATTACH '' AS side")
        _bring_up_to_date(connection, log, identity, tell)
        return False
    return True


def _path(log: Path) -> Path:
    return log.with_name(log.name + ".index")


def _keep(connection: sqlite3.Connection, log: Path, identity: str, tell: Tell) -> None:
    """For the owner's eyes only, as the log is."""
    path = _path(log)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection.execute("ATTACH ? AS side", (str(path),))
    connection.execute(f"PRAGMA side.cache_size = -{CACHE_KIB}")
    _bring_up_to_date(connection, log, identity, tell)


def _detach(connection: sqlite3.Connection) -> None:
    """Whatever state it is in."""
    for statement in ("ROLLBACK", "DETACH side"):
        with suppress(sqlite3.Error):
            connection.execute(statement)


def _identity(connection: sqlite3.Connection, log: Path) -> str:
    """A file of the same name may be another one; a slice, other than a log, does not change."""
    stat = log.stat()
    identity = f"{VERSION} {stat.st_dev} {stat.st_ino}"
    if not _is_slice(connection):
        return identity
    manifest = connection.execute("SELECT * FROM main.slice").fetchall()
    return f"{identity} {stat.st_size} {stat.st_mtime_ns} {zlib.crc32(repr(manifest).encode()):08x}"


def _is_slice(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT count(*) FROM main.sqlite_schema WHERE name = 'slice'").fetchone()
    return bool(found[0])


def _bring_up_to_date(connection: sqlite3.Connection, log: Path, identity: str, tell: Tell) -> None:
    topics = rows.load_topics(connection)
    if not _fits(connection, identity):
        if _is_slice(connection):
            read_manifest(log, verify=True)
        _begin_anew(connection, identity)
    waiting = 0
    for topic in topics.values():
        for partition in range(topic.partitions):
            for count in _take_in(connection, topic, partition):
                tell(count)
                waiting += count
                if waiting >= COMMIT_EVERY:
                    connection.execute("COMMIT")
                    waiting = 0
    if connection.in_transaction:
        connection.execute("COMMIT")


def _fits(connection: sqlite3.Connection, identity: str) -> bool:
    """Whether the index is of this log as it is: of the same file, and the log holds what was last seen of it."""
    if not connection.execute("SELECT count(*) FROM side.sqlite_schema WHERE name = 'source'").fetchone()[0]:
        return False
    if connection.execute("SELECT identity FROM side.source").fetchall() != [(identity,)]:
        return False
    topics = rows.load_topics(connection)
    for name, id_, partition, last, headers in connection.execute("SELECT * FROM side.reached"):
        topic = topics.get(name)
        if topic is None or topic.id != id_:
            return False
        if connection.execute(_HEADERS, (topic.number, partition, last)).fetchone() != (headers,):
            return False
    return True


def _begin_anew(connection: sqlite3.Connection, identity: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    names = connection.execute("SELECT name FROM side.sqlite_schema WHERE type = 'table'").fetchall()
    for (name,) in names:
        connection.execute(f'DROP TABLE side."{name}"')
    for statement in filter(str.strip, _SCHEMA.split(";")):
        connection.execute(statement)
    connection.execute("INSERT INTO side.source VALUES (?)", (identity,))
    connection.execute("COMMIT")


def _take_in(connection: sqlite3.Connection, topic: Topic, partition: int) -> Iterator[int]:
    """A stride at a time; offsets may be sparse, and gaps cost nothing."""
    found = connection.execute(
        "SELECT last FROM side.reached WHERE topic = ? AND partition = ?", (topic.name, partition)
    ).fetchone()
    begin = found[0] + 1 if found else 0
    while (first := connection.execute(_NEXT, (topic.number, partition, begin)).fetchone()[0]) is not None:
        begin = first + STRIDE
        # The log may grow meanwhile: what is taken in and what is remembered of it must be the same.
        if not connection.in_transaction:
            connection.execute("BEGIN IMMEDIATE")
        where = (topic.number, partition)
        count = connection.execute(_TAKE_IN, (topic.name, *where, first, begin)).rowcount
        last, headers = connection.execute(_LAST, (*where, begin)).fetchone()
        connection.execute(
            "INSERT OR REPLACE INTO side.reached VALUES (?, ?, ?, ?, ?)",
            (topic.name, topic.id, partition, last, headers),
        )
        begin = last + 1
        yield count

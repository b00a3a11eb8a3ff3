"""Bare appends to SQLite: the same table, the same durability, one INSERT for each event, one COMMIT for so many."""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from libs.log import Entry

_TABLE = """
CREATE TABLE records (
    topic INTEGER, partition INTEGER, offset INTEGER, timestamp INTEGER, key BLOB, value BLOB, headers BLOB,
    PRIMARY KEY (topic, partition, offset)
) WITHOUT ROWID
"""


def bare_appends(path: Path, entries: Sequence[Entry], together: int) -> float:
    """Events/s with `together` of them in a transaction. It blocks."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(_TABLE)
        began = time.perf_counter()
        for begin in range(0, len(entries), together):
            _append(connection, entries[begin : begin + together], begin)
        return len(entries) / (time.perf_counter() - began)
    finally:
        connection.close()


def _append(connection: sqlite3.Connection, entries: Sequence[Entry], offset: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for n, entry in enumerate(entries, offset):
        values = (1, 0, n, n, entry.key, entry.value, b"".join(value for _, value in entry.headers))
        connection.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    connection.execute("COMMIT")

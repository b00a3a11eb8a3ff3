"""Bare inserts into SQLite: the rows of a folder's views once more, into tables alike, by `executemany` alone."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

TOGETHER = 20_000
"""Rows in one transaction: about as many as a replay writes in one."""
CACHE_KIB = 64 << 10
"""As much as a replay has."""

_TABLES = """
SELECT name FROM sqlite_master
WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_versions' ORDER BY name
"""
_SCHEMA = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC"


def copied_bare(views: Path, into: Path) -> float:
    """Seconds of inserting all rows of `views`, in the order in which they were written. Finding them does not count.

    It blocks.
    """
    with closing(sqlite3.connect(views)) as source, closing(_opened(into)) as target:
        for [statement] in source.execute(_SCHEMA).fetchall():
            target.execute(statement)
        return sum(_copied(source, target, name) for [name] in source.execute(_TABLES).fetchall())


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    return connection


def _copied(source: sqlite3.Connection, target: sqlite3.Connection, name: str) -> float:
    cursor = source.execute(f'SELECT * FROM "{name}" ORDER BY _stamp')
    insert = f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(cursor.description))})'
    seconds = 0.0
    while rows := cursor.fetchmany(TOGETHER):
        began = time.perf_counter()
        target.execute("BEGIN IMMEDIATE")
        target.executemany(insert, rows)
        target.execute("COMMIT")
        seconds += time.perf_counter() - began
    return seconds

"""Counting the events of a log by type, without us: with a loop over their headers, and in a table made for it."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import msgspec

_decode = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...]).decode


def counted_by_loop(log: Path) -> Counter[str]:
    """Reads and decodes the headers of every record."""
    with closing(sqlite3.connect(log)) as connection:
        rows = connection.execute("SELECT headers FROM records")
        return Counter(dict(_decode(headers))["ce_type"].decode() for (headers,) in rows)


def indexed_types(path: Path, counts: Counter[str]) -> None:
    """A table with a row for each event and nothing but its type, indexed."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE types (type TEXT NOT NULL)")
        connection.executemany("INSERT INTO types VALUES (?)", ((name,) for name in counts.elements()))
        connection.execute("CREATE INDEX by_type ON types(type)")
        connection.commit()


def counted_by_index(path: Path) -> Counter[str]:
    """Counts in that table."""
    with closing(sqlite3.connect(path)) as connection:
        return Counter(dict(connection.execute("SELECT type, count(*) FROM types GROUP BY type").fetchall()))

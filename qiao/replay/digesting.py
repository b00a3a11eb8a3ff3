"""A digest per table: two folds of the same events agree if these do.

The rows count in the order of their keys, with every declared column and without stamps; rows that had expired by a
stated moment are left out, for whether they are still there is chance.
"""

import hashlib
import sqlite3
from pathlib import Path

import msgspec

from qiao.replay.rows import StoredTable, reading, tables_in, values_of
from qiao.replay.scratch import VIEWS


class TableDigest(msgspec.Struct, frozen=True, kw_only=True):
    """What one table holds."""

    table: str
    kind: str
    """own or crossing."""
    rows: int
    sha256: str


def digest(directory: Path, as_of: int) -> list[TableDigest]:
    """The tables of a folder by name, without the host's own. `as_of` in milliseconds since 1970 UTC.

    Blocks. Raises ScratchRefused.
    """
    with reading(directory / VIEWS) as connection:
        return [_digest(connection, table, as_of) for table in tables_in(connection)]


def _digest(connection: sqlite3.Connection, table: StoredTable, as_of: int) -> TableDigest:
    hashed, rows = hashlib.sha256(), 0
    for row in values_of(connection, table, as_of):
        hashed.update(msgspec.msgpack.encode(row))
        rows += 1
    return TableDigest(table=table.name, kind=table.declaration.kind, rows=rows, sha256=hashed.hexdigest())

"""A digest per table: two folds of the same events agree if these do.

The rows count in the order of their keys, with every declared column and without stamps; rows that had expired by a
stated moment are left out, for whether they are still there is chance.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import msgspec

from libs.views.schema import Declaration
from qiao.replay.scratch import VIEWS

_decode = msgspec.json.Decoder(Declaration).decode


class TableDigest(msgspec.Struct, frozen=True, kw_only=True):
    """What one table holds."""

    table: str
    kind: str
    """own, crossing or system."""
    rows: int
    sha256: str


def digest(directory: Path, as_of: int) -> list[TableDigest]:
    """The tables of a folder by name, without the host's own. `as_of` in milliseconds since 1970 UTC.

    Blocks. Raises sqlite3.Error.
    """
    with closing(sqlite3.connect(f"file:{quote(str(directory / VIEWS))}?mode=ro", uri=True)) as connection:
        return [
            _digest(connection, name, declaration, as_of)
            for name, declaration in _declared(connection)
            if declaration.kind != "system"
        ]


def _declared(connection: sqlite3.Connection) -> Iterator[tuple[str, Declaration]]:
    newest = "SELECT table_name, max(version), declaration FROM schema_versions GROUP BY table_name ORDER BY table_name"
    for name, _, declaration in connection.execute(newest).fetchall():
        yield name, _decode(declaration)


def _digest(connection: sqlite3.Connection, name: str, declaration: Declaration, as_of: int) -> TableDigest:
    hashed, rows = hashlib.sha256(), 0
    for row in connection.execute(_select(name, declaration), (as_of // 1000,)):
        hashed.update(msgspec.msgpack.encode(row))
        rows += 1
    return TableDigest(table=name, kind=declaration.kind, rows=rows, sha256=hashed.hexdigest())


def _select(name: str, declaration: Declaration) -> str:
    key = [*declaration.partition, *(column for column, _ in declaration.clustering)]
    return (
        f"SELECT {_list(sorted(declaration.columns))} FROM {_quoted(name)} "  # noqa: S608 - names are declared ones
        f"WHERE _expires IS NULL OR _expires > ? ORDER BY {_list(key)}"
    )


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return f'"{name}"'

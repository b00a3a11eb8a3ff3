"""The rows of a folder of embedded views, read without the code that declared them: by what the file says of itself."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

import msgspec

from libs.views.schema import Declaration
from qiao.replay.scratch import usable

_decode = msgspec.json.Decoder(Declaration).decode

_JSON = frozenset({"json", "uuids", "texts"})
"""Columns that hold JSON: taken apart, so that a difference shows where it is."""


class Stored(NamedTuple):
    """One row of a table."""

    key: tuple[object, ...]
    """As the store has it: sorts as the table does, short of directions."""
    columns: dict[str, object]
    """Column -> value as JSON has it, key columns first."""


def address(table: str, key: Mapping[str, object]) -> str:
    """What a row is called, in every version of the code: `feeds.cards(post=0190..., facet=created)`."""
    return f"{table}({', '.join(f'{name}={value}' for name, value in key.items())})"


class StoredTable(NamedTuple):
    """A table as its file declares it."""

    name: str
    declaration: Declaration

    @property
    def key(self) -> Sequence[str]:
        """The primary key's columns, partition first."""
        return [*self.declaration.partition, *(column for column, _ in self.declaration.clustering)]

    @property
    def columns(self) -> Sequence[str]:
        """The key's columns, then the others by name: the order in which they were declared means nothing."""
        return [*self.key, *sorted(self.declaration.columns.keys() - set(self.key))]


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write. What goes wrong while it is read leaves as ScratchRefused."""
    with usable(path), closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
        yield connection


def tables_in(connection: sqlite3.Connection) -> list[StoredTable]:
    """Every table but the host's own, by name."""
    newest = "SELECT table_name, max(version), declaration FROM schema_versions GROUP BY table_name ORDER BY table_name"
    found = [StoredTable(name, _decode(text)) for name, _, text in connection.execute(newest).fetchall()]
    return [table for table in found if table.declaration.kind != "system"]


def values_of(connection: sqlite3.Connection, table: StoredTable, as_of: int) -> Iterator[tuple[object, ...]]:
    """The rows in the order of their keys, as stored, without those that had expired by `as_of` (milliseconds).

    Raises sqlite3.Error.
    """
    yield from connection.execute(
        f"SELECT {_list(table.columns)} FROM {_quoted(table.name)} "  # noqa: S608 - names are declared ones
        f"WHERE _expires IS NULL OR _expires > ? ORDER BY {_list(table.key)}",
        (as_of // 1000,),
    )


def rows_of(connection: sqlite3.Connection, table: StoredTable, as_of: int) -> Iterator[Stored]:
    """The same for people: values as JSON has them. Raises sqlite3.Error."""
    columns, kinds, width = table.columns, table.declaration.columns, len(table.key)
    for values in values_of(connection, table, as_of):
        plain = {name: _plain(kinds[name], value) for name, value in zip(columns, values, strict=True)}
        yield Stored(values[:width], plain)


def row_at(connection: sqlite3.Connection, table: StoredTable, key: Mapping[str, object]) -> Stored | None:
    """One row by its key as JSON has it. Raises sqlite3.Error, LookupError for a key of other columns."""
    kinds, columns = table.declaration.columns, table.columns
    values = tuple(_stored(kinds[name], key[name]) for name in table.key)
    equal = " AND ".join(f"{_quoted(name)} = ?" for name in table.key)
    select = f"SELECT {_list(columns)} FROM {_quoted(table.name)} WHERE {equal}"  # noqa: S608 - declared names
    found = connection.execute(select, values).fetchone()
    if found is None:
        return None
    return Stored(values, {name: _plain(kinds[name], value) for name, value in zip(columns, found, strict=True)})


def _stored(kind: str, value: object) -> object:
    return UUID(value).bytes if kind == "uuid" and isinstance(value, str) else value


def _plain(kind: str, value: object) -> object:
    if isinstance(value, bytes):
        return str(UUID(bytes=value)) if kind == "uuid" else value.hex()
    if isinstance(value, str) and kind in _JSON:
        return json.loads(value)
    return value


def _list(names: Iterable[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return f'"{name}"'

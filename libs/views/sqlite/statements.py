"""The SQL of one table, written once when the table is first used."""

from collections.abc import Iterable
from functools import cache
from typing import Generic, TypeVar

import msgspec

from libs.views.requests import Slice
from libs.views.rows import RowCodec
from libs.views.sqlite.forms import FORMS, SQL_TYPES
from libs.views.table import Table

R = TypeVar("R", bound=msgspec.Struct)


class Statements(Generic[R]):
    """A table's codec and its statements. `_stamp` and `_expires` are the store's own columns."""

    def __init__(self, table: Table[R]) -> None:
        """Declared columns keep their order; the two hidden ones follow."""
        self.table = table
        self.codec = RowCodec(table, FORMS)
        self.upsert = _upsert(table)
        self.get = f"{_select(table)} WHERE {_equal(table.key)}"
        self.expired = f"SELECT {_list(table.key)} FROM {quoted(table.name)} WHERE _expires <= ? LIMIT ?"  # noqa: S608
        self.delete = f"DELETE FROM {quoted(table.name)} WHERE {_equal(table.key)}"  # noqa: S608
        self.scan = cache(self._scan)

    def _scan(self, wanted: Slice) -> str:
        """Rows in clustering order: the primary key has the directions, so no sort and no second index."""
        where = _equal(wanted.fixed)
        if wanted.behind:
            sign = "<" if wanted.descending else ">"
            where += f" AND ({_list(wanted.behind)}) {sign} ({_marks(wanted.behind)})"
        order = ", ".join(_directed(self.table, column) for column in self.table.key)
        return f"{_select(self.table)} WHERE {where} ORDER BY {order} LIMIT ?"


def create(table: Table[msgspec.Struct]) -> list[str]:
    """Makes the table in clustering order and the index by which expired rows are found.

    Value columns may be null here: later declarations write rows without those that they dropped.
    """
    columns = [f"{quoted(name)} {SQL_TYPES[table.types[name]]}" for name in table.columns]
    key = ", ".join(_directed(table, column) for column in table.key)
    body = ", ".join([*columns, "_stamp INTEGER NOT NULL", "_expires INTEGER", f"PRIMARY KEY ({key})"])
    return [
        f"CREATE TABLE {quoted(table.name)} ({body}) STRICT, WITHOUT ROWID",
        f"CREATE INDEX {quoted(table.name + ':expires')} ON {quoted(table.name)}(_expires) WHERE _expires IS NOT NULL",
    ]


def add_column(table: Table[msgspec.Struct], name: str) -> str:
    """Adds a column that earlier rows lack."""
    return f"ALTER TABLE {quoted(table.name)} ADD COLUMN {quoted(name)} {SQL_TYPES[table.types[name]]}"


def quoted(name: str) -> str:
    """An identifier. Declared names hold neither quotes nor capitals, but may be words of SQL."""
    return f'"{name}"'


def _upsert(table: Table[msgspec.Struct]) -> str:
    columns = f"{_list(table.columns)}, _stamp, _expires"
    overwritten = (*(quoted(name) for name in table.values), "_stamp", "_expires")
    updates = ", ".join(f"{name} = excluded.{name}" for name in overwritten)
    return (
        f"INSERT INTO {quoted(table.name)} ({columns}) VALUES ({_marks(table.columns)}, ?, ?) "  # noqa: S608
        f"ON CONFLICT DO UPDATE SET {updates} WHERE excluded._stamp > _stamp"
    )


def _select(table: Table[msgspec.Struct]) -> str:
    return f"SELECT {_list(table.columns)} FROM {quoted(table.name)}"  # noqa: S608


def _directed(table: Table[msgspec.Struct], column: str) -> str:
    descending = any(one.column == column and one.descending for one in table.clustering)
    return f"{quoted(column)} DESC" if descending else quoted(column)


def _list(columns: Iterable[str]) -> str:
    return ", ".join(map(quoted, columns))


def _equal(columns: Iterable[str]) -> str:
    return " AND ".join(f"{quoted(column)} = ?" for column in columns)


def _marks(columns: Iterable[str]) -> str:
    return ", ".join("?" for _ in columns)

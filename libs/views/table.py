"""How a service declares the tables that it materializes.

A table is a frozen msgspec Struct (the row) plus a primary key: partition columns, then clustering columns with
a direction; every other field is a value column. A column's type is one of UUID, int, str, bytes, bool,
`tuple[UUID, ...]`, `tuple[str, ...]`, or a Struct (or tagged union of Structs), which is kept as JSON. Key columns
are UUID, int or str. No column is nullable: what may be missing lives inside a Struct column.

A column added later needs a default, which rows written before it show. A column that goes is named in
`dropped` for ever: its name is never used again, and a declaration that merely lacks it is taken for an old one.
"""

import re
from collections.abc import Callable, Sequence
from copy import copy
from enum import Enum
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from libs.views.columns import KEY_TYPES, column_types

R = TypeVar("R", bound=msgspec.Struct)
RowT = TypeVar("RowT", bound=msgspec.Struct, covariant=True)

KeyValue = UUID | int | str
Key = tuple[KeyValue, ...]

_TABLE_NAME = re.compile(r"[a-z]+(\.[a-z][a-z0-9_]*)?")
"""The service has no underscore, so that `service_table` in Cassandra names one table only."""

_GENERATION_NAME = re.compile(r"_g([0-9]+)$")
"""How the names of clones end, and no declared name may."""

_COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]*")
"""A leading underscore is the store's own (`_stamp`)."""

_RESERVED = ("schema", "vault")


class TableKind(Enum):
    """Who writes a table, hence what replay promises of it."""

    OWN = "own"
    """Rows are written only by events of one source partition: byte-identical under every replay."""

    CROSSING = "crossing"
    """Rows are written after reading other keys: they may differ in rows, never in the answers once quiet."""

    SYSTEM = "system"
    """The projection host's own bookkeeping (progress, parked)."""


class Clustering(NamedTuple):
    """A clustering column and its direction."""

    column: str
    descending: bool = False


def asc(column: str) -> Clustering:
    """Smallest first."""
    return Clustering(column)


def desc(column: str) -> Clustering:
    """Largest first."""
    return Clustering(column, descending=True)


class Table(Generic[RowT]):
    """A declared table. `name` is `service.table`; it is compared and hashed by identity: declare it once."""

    def __init__(
        self,
        name: str,
        row: type[RowT],
        *,
        partition: Sequence[str],
        clustering: Sequence[Clustering] = (),
        kind: TableKind = TableKind.OWN,
        dropped: Sequence[str] = (),
    ) -> None:
        """Raises ValueError, naming what is wrong with the name, the key or a field's type."""
        self.name = name
        self.row = row
        self.partition = tuple(partition)
        self.clustering = tuple(clustering)
        self.kind = kind
        self.dropped = frozenset(dropped)
        self.types = column_types(row)
        self.declared: Table[RowT] = self
        """The table that was declared: itself, unless this is its clone of another generation."""
        self._generations: dict[int, Table[RowT]] = {}
        self._check_names()
        self._check_key()

    def generation(self, number: int) -> "Table[RowT]":
        """The clone of this table that a rebuild fills; itself for 0. The same object for the same number.

        Raises ValueError for a negative number, and where this is a clone already.
        """
        if number < 0 or self.declared is not self:
            raise ValueError(f"table {self.name}: there is no generation {number} of it")
        if number == 0:
            return self
        found = self._generations.get(number)
        if found is None:
            found = self._generations[number] = _clone(self, number)
        return found

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The primary key's columns, partition first."""
        return self.partition + tuple(column.column for column in self.clustering)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every column, in the order of the row's fields."""
        return self.row.__struct_fields__

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The columns outside the key."""
        return tuple(column for column in self.columns if column not in self.key)

    def key_of(self, row: msgspec.Struct) -> Key:
        """The primary key of a row."""
        return self._read_key(row)

    @cached_property
    def _read_key(self) -> Callable[[msgspec.Struct], Key]:
        """Asked for every row that is folded: a loop over the columns takes more than twice as long."""
        read: Callable[[msgspec.Struct], Any] = attrgetter(*self.key)
        return read if len(self.key) > 1 else lambda row: (read(row),)

    def _check_names(self) -> None:
        if not _TABLE_NAME.fullmatch(self.name) or self.name.partition(".")[0] in _RESERVED:
            raise ValueError(f"table {self.name}: a name is service.table, lower case, the service without underscores")
        if _GENERATION_NAME.search(self.name):
            raise ValueError(f"table {self.name}: names that end in _g and a number are those of rebuilds")
        wrong = [column for column in self.columns if not _COLUMN_NAME.fullmatch(column)]
        again = sorted(self.dropped.intersection(self.columns))
        if wrong or again:
            raise ValueError(f"table {self.name}: bad column names {wrong}, dropped names used again {again}")

    def _check_key(self) -> None:
        missing = [column for column in self.key if column not in self.types]
        if missing or not self.partition or len(set(self.key)) < len(self.key):
            raise ValueError(f"table {self.name}: the key needs fields of {self.row.__name__}, missing: {missing}")
        wrong = [column for column in self.key if self.types[column] not in KEY_TYPES]
        if wrong:
            raise ValueError(f"table {self.name}: key columns are UUID, int or str, these are not: {wrong}")

    def __repr__(self) -> str:
        """Shown in errors and test reports."""
        return f"Table({self.name})"


def generation_of(name: str) -> tuple[str, int]:
    """The declared name of a table, and which generation it is of, by its name in the store."""
    found = _GENERATION_NAME.search(name)
    return (name[: found.start()], int(found[1])) if found else (name, 0)


def _clone(table: Table[R], generation: int) -> Table[R]:
    # Not declared anew: its name is one that declarations are refused.
    clone = copy(table)
    clone.name = f"{table.name}_g{generation}"
    clone._generations = {}
    return clone

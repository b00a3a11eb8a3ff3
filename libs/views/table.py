"""How a service declares the tables that it materializes.

A table is a frozen msgspec Struct (the row) plus a primary key: partition columns, then clustering columns with
a direction; every other field is a value column. A column's type is one of UUID, int, str, bytes, bool,
`tuple[UUID, ...]`, `tuple[str, ...]`, or a Struct (or tagged union of Structs), which is kept as JSON. Key columns
are UUID, int or str. No column is nullable: what may be missing lives inside a Struct column.
"""

from collections.abc import Sequence
from enum import Enum
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec

R = TypeVar("R", bound=msgspec.Struct)

KeyValue = UUID | int | str
Key = tuple[KeyValue, ...]


class Kind(Enum):
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


class Table(Generic[R]):
    """A declared table. `name` is `service.table`; it is compared and hashed by identity: declare it once."""

    def __init__(
        self,
        name: str,
        row: type[R],
        *,
        partition: Sequence[str],
        clustering: Sequence[Clustering] = (),
        kind: Kind = Kind.OWN,
    ) -> None:
        """Raises ValueError where the key names no field of the row or the partition is empty."""
        self.name = name
        self.row = row
        self.partition = tuple(partition)
        self.clustering = tuple(clustering)
        self.kind = kind
        missing = [column for column in self.key if column not in row.__struct_fields__]
        if missing or not self.partition:
            raise ValueError(f"table {name}: the key needs fields of {row.__name__}, missing: {missing}")

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

    def key_of(self, row: R) -> Key:
        """The primary key of a row."""
        return tuple(getattr(row, column) for column in self.key)

    def __repr__(self) -> str:
        """Shown in errors and test reports."""
        return f"Table({self.name})"

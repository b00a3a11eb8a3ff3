"""The checks on a read's arguments, once for both twins: a programming error is told before a store is asked."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from libs.views.table import Clustering, Table

MAX_KEYS = 1_000


class Slice(NamedTuple):
    """Which columns a scan binds: the partition, the fixed first clustering columns, and those to go behind."""

    fixed: tuple[str, ...]
    behind: tuple[str, ...]
    descending: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """All that it binds, in order."""
        return self.fixed + self.behind


def check_key(table: Table[msgspec.Struct], key: Sequence[object]) -> None:
    """Raises ValueError unless `key` has a value for each column of the primary key."""
    if len(key) != len(table.key):
        raise ValueError(f"{table.name} has the key {table.key}, not {len(key)} values")


def check_partition(table: Table[msgspec.Struct], partition: Sequence[object]) -> None:
    """Raises ValueError unless `partition` has a value for each partition column."""
    if len(partition) != len(table.partition):
        raise ValueError(f"{table.name} has the partition {table.partition}, not {len(partition)} values")


def check_many(table: Table[msgspec.Struct], asked: Sequence[object]) -> None:
    """Raises ValueError above the bound on what one call may ask."""
    if len(asked) > MAX_KEYS:
        raise ValueError(f"{table.name}: {len(asked)} keys in one call, at most {MAX_KEYS}")


def check_clones(tables: Sequence[Table[msgspec.Struct]]) -> None:
    """Raises ValueError where one of them is declared: what is dropped must be a clone of another generation."""
    declared = [table.name for table in tables if table.declared is table]
    if declared:
        raise ValueError(f"only tables of a generation are dropped, never declared ones such as {declared[0]}")


def slice_of(table: Table[msgspec.Struct], prefix: int, after: int, limit: int) -> Slice:
    """The columns that a scan with this many prefix and cursor values binds. Raises ValueError if it cannot be."""
    columns = table.clustering
    if prefix + after > len(columns):
        raise ValueError(f"{table.name} has the clustering columns {names(columns)}, not {prefix} + {after}")
    if limit < 1:
        raise ValueError(f"{table.name}: a scan needs a limit of at least 1, not {limit}")
    behind = columns[prefix : prefix + after]
    if len({column.descending for column in behind}) > 1:
        raise ValueError(f"{table.name}: the columns of a cursor share one direction, {names(behind)} do not")
    return Slice(table.partition + names(columns[:prefix]), names(behind), bool(behind and behind[0].descending))


def names(columns: Sequence[Clustering]) -> tuple[str, ...]:
    """The column names alone."""
    return tuple(column.column for column in columns)

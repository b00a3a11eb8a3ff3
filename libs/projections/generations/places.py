"""Which table stands behind a declared one, and which row behind a row of the host's own bookkeeping.

Handlers, queries, marks and parking lots name declared tables and generation 0 throughout. Here, and nowhere else, is
it decided where that leads.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec
from msgspec.structs import replace

from libs.projections.progress import GENERATION
from libs.projections.projection import Projection
from libs.projections.tables import PARKED, PROGRESS, Parked, Progress
from libs.views import Key, Put, Table, TableKind

R = TypeVar("R", bound=msgspec.Struct)


def tables_of(projection: Projection, generation: int) -> list[Table[Any]]:
    """The tables of one generation, in the order of their declaration."""
    tallies = [projection.tallies] if projection.tallies is not None else []
    return [table.generation(generation) for table in dict.fromkeys([*projection.tables, *tallies])]


class Places:
    """Where the rows of some projections are, each at one generation."""

    def __init__(self, projections: Iterable[Projection], generations: Mapping[str, int]) -> None:
        """`generations` by projection; one that is not named is at 0."""
        self._numbers = {name: number for name, number in generations.items() if number != GENERATION}
        self._parked = {name: f"{name}@{number}" for name, number in self._numbers.items()}
        self._names = {parked: name for name, parked in self._parked.items()}
        self._tables: dict[Table[Any], Table[Any]] = {
            table.declared: table
            for projection in projections
            if projection.name in self._numbers
            for table in tables_of(projection, self._numbers[projection.name])
        }

    def table(self, table: Table[R]) -> Table[R]:
        """The table itself, or its clone."""
        return self._tables.get(table, table)

    def keys(self, table: Table[Any], keys: Sequence[Key]) -> Sequence[Key]:
        """The same for many: only the host's own tables have rows elsewhere under another key."""
        return [self.key(table, key) for key in keys] if table.kind is TableKind.SYSTEM else keys

    def key(self, table: Table[Any], key: Key) -> Key:
        """The whole primary key, or only the partition, of a row of the declared table."""
        if table is PROGRESS and key[1] == GENERATION:
            return (key[0], self._numbers.get(str(key[0]), GENERATION), *key[2:])
        if table is PARKED:
            return (self._parked.get(str(key[0]), key[0]), *key[1:])
        return key

    def put(self, put: Put) -> Put:
        """The same write, where it belongs."""
        table = self._tables.get(put.table)
        if table is not None:
            return Put(table, put.row, put.stamp, put.expires_at)
        if put.table is PROGRESS:
            return self._progress(put, cast("Progress", put.row))
        if put.table is PARKED:
            row = cast("Parked", put.row)
            there = replace(row, projection=self._parked.get(row.projection, row.projection))
            return replace(put, row=there)
        return put

    def rows(self, table: Table[R], rows: list[R]) -> list[R]:
        """What was read, under the names that it was asked for by."""
        if table is not PARKED:
            return rows
        parked = cast("list[Parked]", rows)
        named = [replace(row, projection=self._names.get(row.projection, row.projection)) for row in parked]
        return cast("list[R]", named)

    def _progress(self, put: Put, row: Progress) -> Put:
        if row.generation != GENERATION:
            return put
        there = replace(row, generation=self._numbers.get(row.projection, GENERATION))
        return replace(put, row=there)

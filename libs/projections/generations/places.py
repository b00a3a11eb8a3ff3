"""Which table stands behind a declared one, and which row behind a row of the host's own bookkeeping.

Handlers, queries, marks and parking lots name declared tables and generation 0 throughout. Here, and nowhere else, is
it decided where that leads.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec

from libs.projections.progress import GENERATION
from libs.projections.projection import Projection
from libs.projections.tables import PARKED, PROGRESS, Parked, Progress
from libs.views import Key, Put, Table

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
            return msgspec.structs.replace(put, table=table)
        if put.table is PROGRESS:
            return self._progress(put, cast("Progress", put.row))
        if put.table is PARKED:
            row = cast("Parked", put.row)
            there = msgspec.structs.replace(row, projection=self._parked.get(row.projection, row.projection))
            return msgspec.structs.replace(put, row=there)
        return put

    def rows(self, table: Table[R], rows: Sequence[R]) -> list[R]:
        """What was read, under the names that it was asked for by."""
        if table is PARKED:
            parked = cast("Sequence[Parked]", rows)
            named = [
                msgspec.structs.replace(row, projection=self._names.get(row.projection, row.projection))
                for row in parked
            ]
            return cast("list[R]", named)
        return list(rows)

    def _progress(self, put: Put, row: Progress) -> Put:
        if row.generation != GENERATION:
            return put
        there = msgspec.structs.replace(row, generation=self._numbers.get(row.projection, GENERATION))
        return msgspec.structs.replace(put, row=there)

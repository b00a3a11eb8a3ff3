"""Reads as they would be if some rows were written: for finding out what a write would lead to, before it is made."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, TypeVar, cast

import msgspec

from libs.views.port import Put, Reads
from libs.views.table import Key, Table

R = TypeVar("R", bound=msgspec.Struct)


class Overlay(Reads):
    """The rows of some puts over those of a store. The puts win, whatever stamps the stored rows have."""

    def __init__(self, reads: Reads, puts: Iterable[Put]) -> None:
        """`reads` answers for all other rows."""
        self._reads = reads
        self._rows: dict[tuple[Table[Any], Key], msgspec.Struct] = {
            (put.table, put.table.key_of(put.row)): put.row for put in puts
        }

    async def get(self, table: Table[R], *key: object) -> R | None:
        """See `Reads.get`."""
        [row] = await self.get_many(table, [cast("Key", key)])
        return row

    async def get_many(self, table: Table[R], keys: Sequence[Key]) -> list[R | None]:
        """See `Reads.get_many`."""
        stored = await self._reads.get_many(table, keys)
        return [cast("R | None", self._rows.get((table, key), row)) for key, row in zip(keys, stored, strict=True)]

    async def scan(self, table: Table[R], partition: Key, *, prefix: Key = (), after: Key = (), limit: int) -> list[R]:
        """See `Reads.scan`."""
        stored = await self._reads.scan(table, partition, prefix=prefix, after=after, limit=limit)
        behind = [row for row in self._mine(table, (*partition, *prefix)) if _is_behind(table, row, len(prefix), after)]
        return _merged(table, stored, behind)[:limit]

    async def scan_many(
        self, table: Table[R], partitions: Sequence[Key], *, prefix: Key = (), limit: int
    ) -> list[list[R]]:
        """See `Reads.scan_many`."""
        pages = await self._reads.scan_many(table, partitions, prefix=prefix, limit=limit)
        return [
            _merged(table, page, self._mine(table, (*partition, *prefix)))[:limit]
            for partition, page in zip(partitions, pages, strict=True)
        ]

    def _mine(self, table: Table[R], begin: Key) -> list[R]:
        """The rows laid over whose keys begin like this."""
        return [cast("R", row) for (of, key), row in self._rows.items() if of is table and key[: len(begin)] == begin]


def _is_behind(table: Table[Any], row: msgspec.Struct, skip: int, after: Key) -> bool:
    """Whether a scan that continues behind `after` comes to the row."""
    if not after:
        return True
    begin = len(table.partition) + skip
    values, descending = table.key_of(row)[begin : begin + len(after)], table.clustering[skip].descending
    return values < after if descending else values > after


def _merged(table: Table[R], stored: Sequence[R], mine: Sequence[R]) -> list[R]:
    """In clustering order."""
    rows = list({table.key_of(row): row for row in (*stored, *mine)}.values())
    for column, descending in reversed(table.clustering):
        rows.sort(key=attrgetter(column), reverse=descending)
    return rows

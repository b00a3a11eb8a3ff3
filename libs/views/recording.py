"""Reads that remember what was asked of them: for showing people what a handler goes by."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from libs.views.port import Reads
from libs.views.table import Key, Table

R = TypeVar("R", bound=msgspec.Struct)


class Asked(NamedTuple):
    """One read, and what it came to."""

    table: Table[Any]
    key: Key
    """The whole primary key, or how the keys of what was scanned begin."""
    rows: Sequence[msgspec.Struct]
    is_scan: bool


class Recording(Reads):
    """Asks another one, and keeps `asked` in order."""

    def __init__(self, reads: Reads) -> None:
        """Of nothing yet."""
        self._reads = reads
        self.asked: list[Asked] = []

    async def get(self, table: Table[R], *key: object) -> R | None:
        """See `Reads.get`."""
        row = await self._reads.get(table, *key)
        self.asked.append(Asked(table, cast("Key", key), [] if row is None else [row], is_scan=False))
        return row

    async def get_many(self, table: Table[R], keys: Sequence[Key]) -> list[R | None]:
        """See `Reads.get_many`."""
        rows = await self._reads.get_many(table, keys)
        for key, row in zip(keys, rows, strict=True):
            self.asked.append(Asked(table, key, [] if row is None else [row], is_scan=False))
        return rows

    async def scan(self, table: Table[R], partition: Key, *, prefix: Key = (), after: Key = (), limit: int) -> list[R]:
        """See `Reads.scan`."""
        rows = await self._reads.scan(table, partition, prefix=prefix, after=after, limit=limit)
        self.asked.append(Asked(table, (*partition, *prefix), rows, is_scan=True))
        return rows

    async def scan_many(
        self, table: Table[R], partitions: Sequence[Key], *, prefix: Key = (), limit: int
    ) -> list[list[R]]:
        """See `Reads.scan_many`."""
        pages = await self._reads.scan_many(table, partitions, prefix=prefix, limit=limit)
        for partition, page in zip(partitions, pages, strict=True):
            self.asked.append(Asked(table, (*partition, *prefix), page, is_scan=True))
        return pages

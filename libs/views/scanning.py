"""A whole partition, however long: a scan is bounded, this goes on behind its last row until there is no more."""

from collections.abc import AsyncIterator
from typing import TypeVar

import msgspec

from libs.views.port import Reads
from libs.views.table import Key, Table

R = TypeVar("R", bound=msgspec.Struct)

PAGE = 2_000
"""Rows of one read: most partitions fit into one."""


async def scan_all(
    reads: Reads, table: Table[R], partition: Key, *, prefix: Key = (), page: int = PAGE
) -> AsyncIterator[R]:
    """Every row of a partition whose first clustering columns are `prefix`, in clustering order, read as asked for.

    The clustering columns behind the prefix must share one direction. Raises ViewsUnavailable.
    """
    behind = table.key[len(table.partition) + len(prefix) :]
    after: Key = ()
    while True:
        rows = await reads.scan(table, partition, prefix=prefix, after=after, limit=page)
        for row in rows:
            yield row
        if len(rows) < page:
            return
        after = tuple(getattr(rows[-1], column) for column in behind)

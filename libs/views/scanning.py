"""A whole partition, however long: a scan is bounded, this goes on behind its last row until there is no more."""

from collections.abc import AsyncIterator
from itertools import takewhile
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

    Raises ViewsUnavailable.
    """
    async for row in _behind(reads, table, partition, prefix, None, page):
        yield row


async def _behind(
    reads: Reads, table: Table[R], partition: Key, prefix: Key, last: R | None, page: int
) -> AsyncIterator[R]:
    """The rows with this prefix that stand behind `last`, which has it, too."""
    columns = table.clustering[len(prefix) :]
    # A cursor covers columns of one direction.
    run = list(takewhile(lambda column: column.descending == columns[0].descending, columns))
    while True:
        after: Key = () if last is None else tuple(getattr(last, each.column) for each in run)
        if last is not None and len(run) < len(columns):
            # Behind `after` stand rows that differ in what it covers: first the rest of those that are equal in it.
            async for row in _behind(reads, table, partition, prefix + after, last, page):
                yield row
        rows = await reads.scan(table, partition, prefix=prefix, after=after, limit=page)
        for row in rows:
            yield row
        if len(rows) < page:
            return
        last = rows[-1]

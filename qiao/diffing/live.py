"""A replay beside the live views: the rows that it folded, and those that stand beside them in the same partitions."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from libs.views import Key, Reads, Table, scan_all
from libs.views.columns import ColumnType
from libs.views.table import KeyValue
from qiao.diffing.differences import Columns, Compared, Counting, Difference, TableCount
from qiao.replay.rows import reading, tables_in, values_of
from qiao.replay.scratch import VIEWS, Scratch


async def compare_live(
    scratch: Scratch, live: Reads, tables: Sequence[Table[Any]], about: Collection[str] = ()
) -> Compared:
    """Compare partition by partition; with `about` only rows whose keys hold one of these ids.

    Partitions of which the replay has no row are not seen. Raises ViewsUnavailable, ScratchRefused.
    """
    counts, differences = [], list[Difference]()
    for table in tables:
        counting = Counting(table.name)
        for partition in _partitions(scratch, table):
            async for each in _compare(scratch.views, live, table, partition, about):
                counting.take(each)
        counts.append(counting.total)
        differences += counting.kept
    return Compared(a=str(scratch.directory), b="live", tables=counts, differences=differences)


async def again(scratch: Scratch, live: Reads, tables: Mapping[str, Table[Any]], found: Compared) -> Compared:
    """Look once more at the rows that differed, for live may have been on its way. Raises ViewsUnavailable."""
    still: list[Difference] = []
    for each in found.differences:
        table = tables[each.table]
        key = tuple(_typed(table, name, each.key[name]) for name in table.key)
        difference = _difference(table, await scratch.views.get(table, *key), await live.get(table, *key))
        if difference is not None:
            still.append(difference)
    counts = [without(each, gone(each.table, found.differences, still)) for each in found.tables]
    return Compared(a=found.a, b=found.b, tables=counts, differences=still)


def gone(table: str, before: Sequence[Difference], now: Sequence[Difference]) -> Sequence[Difference]:
    """What of a table differed before and no longer does."""
    left = {each.address for each in now}
    return [each for each in before if each.table == table and each.address not in left]


def without(count: TableCount, settled: Sequence[Difference]) -> TableCount:
    """The count once these rows are alike. Rows that were counted and not kept still differ, as far as is known."""
    only_a, only_b = sum(each.b is None for each in settled), sum(each.a is None for each in settled)
    return msgspec.structs.replace(
        count,
        same=count.same + len(settled),
        only_a=count.only_a - only_a,
        only_b=count.only_b - only_b,
        differ=count.differ - (len(settled) - only_a - only_b),
    )


def _partitions(scratch: Scratch, table: Table[Any]) -> Sequence[Key]:
    with reading(scratch.directory / VIEWS) as connection:
        stored = next(each for each in tables_in(connection) if each.name == table.name)
        width = len(table.partition)
        found = dict.fromkeys(values[:width] for values in values_of(connection, stored, scratch.note.as_of))
    return [tuple(_key_value(value) for value in key) for key in found]


def _key_value(value: object) -> KeyValue:
    return UUID(bytes=value) if isinstance(value, bytes) else msgspec.convert(value, int | str)


async def _compare(
    mine: Reads, live: Reads, table: Table[Any], partition: Key, about: Collection[str]
) -> AsyncIterator[Difference | None]:
    left, right = await _rows(mine, table, partition), await _rows(live, table, partition)
    for key in sorted(left.keys() | right.keys()):
        if not about or any(str(value) in about for value in key):
            yield _difference(table, left.get(key), right.get(key))


async def _rows(reads: Reads, table: Table[Any], partition: Key) -> dict[Key, msgspec.Struct]:
    return {table.key_of(row): row async for row in scan_all(reads, table, partition)}


def _difference(table: Table[Any], a: msgspec.Struct | None, b: msgspec.Struct | None) -> Difference | None:
    row = a if a is not None else b
    if a == b or row is None:
        return None
    key = {name: msgspec.to_builtins(getattr(row, name)) for name in table.key}
    return Difference(table=table.name, key=key, a=_columns(table, a), b=_columns(table, b))


def _typed(table: Table[Any], name: str, value: object) -> object:
    return UUID(value) if table.types[name] is ColumnType.UUID and isinstance(value, str) else value


def _columns(table: Table[Any], row: msgspec.Struct | None) -> Columns | None:
    return None if row is None else {name: msgspec.to_builtins(getattr(row, name)) for name in table.values}

"""Two folders of embedded views, row by row."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qiao.diffing.differences import Compared, Counting, Difference, TableCount
from qiao.replay.rows import Stored, StoredTable, reading, rows_of, tables_in
from qiao.replay.scratch import VIEWS


def compare_folders(a: Path, b: Path, as_of: int) -> Compared:
    """Compare what two replays folded, without what had expired by `as_of` (milliseconds). Blocks.

    Columns and tables that only one side knows are named, and not compared.
    Raises ScratchRefused.
    """
    with reading(a / VIEWS) as left, reading(b / VIEWS) as right:
        mine, theirs = ({table.name: table for table in tables_in(each)} for each in (left, right))
        left_out = [*sorted(mine.keys() ^ theirs.keys())]
        counts: list[TableCount] = []
        differences: list[Difference] = []
        for name in sorted(mine.keys() & theirs.keys()):
            count = Counting(name)
            lacking = sorted(set(mine[name].columns) ^ set(theirs[name].columns))
            left_out += [f"{name}.{column}" for column in lacking]
            for difference in _compare(left, right, mine[name], theirs[name], as_of):
                count.take(difference)
            counts.append(count.total)
            differences += count.kept
    return Compared(a=str(a), b=str(b), tables=counts, differences=differences, left_out=left_out)


def _compare(
    left: sqlite3.Connection, right: sqlite3.Connection, mine: StoredTable, theirs: StoredTable, as_of: int
) -> Iterator[Difference | None]:
    """For every row what differs; None where nothing does."""
    common = set(mine.columns) & set(theirs.columns)
    for a, b in _joined(rows_of(left, mine, as_of), rows_of(right, theirs, as_of)):
        yield _difference(mine, a, b, common)


def _joined(left: Iterator[Stored], right: Iterator[Stored]) -> Iterator[tuple[Stored | None, Stored | None]]:
    """Rows of one key together. Both come in the order of their keys."""
    a, b = next(left, None), next(right, None)
    while a is not None or b is not None:
        if b is None or (a is not None and _key(a) < _key(b)):
            yield a, None
            a = next(left, None)
        elif a is None or _key(b) < _key(a):
            yield None, b
            b = next(right, None)
        else:
            yield a, b
            a, b = next(left, None), next(right, None)


def _key(row: Stored) -> tuple[Any, ...]:
    """Of one type per column: the tables declare the same key."""
    return row.key


def _difference(table: StoredTable, a: Stored | None, b: Stored | None, common: set[str]) -> Difference | None:
    left, right = (
        None if row is None else {name: row.columns[name] for name in table.columns if name in common} for row in (a, b)
    )
    if left == right:
        return None
    key = {name: (left or right or {})[name] for name in table.key}
    for side in (left, right):
        for name in table.key:
            if side is not None:
                del side[name]
    return Difference(table=table.name, key=key, a=left, b=right)

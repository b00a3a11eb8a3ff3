"""A second look at live: what was only on its way counts as alike, and nothing else does."""

from qiao.diffing.differences import Difference, TableCount
from qiao.diffing.live import gone, without


def _row(number: int, a: int | None, b: int | None) -> Difference:
    left, right = (None if value is None else {"count": value} for value in (a, b))
    return Difference(table="t", key={"k": number}, a=left, b=right)


def test_rows_that_differ_and_were_not_kept_stay_counted() -> None:
    before = [_row(1, 1, 2), _row(2, 1, None), _row(3, None, 1)]
    settled = gone("t", before, [_row(1, 1, 3)])
    assert settled == before[1:]
    count = TableCount(table="t", same=10, differ=5_000, only_a=7, only_b=8)
    assert without(count, settled) == TableCount(table="t", same=12, differ=5_000, only_a=6, only_b=7)
    assert without(count, before).differ == 4_999
    assert gone("other", before, []) == []

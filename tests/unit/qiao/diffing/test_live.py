"""A second look at live: what was only on its way counts as alike, and nothing else does."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from libs.views import Put
from libs.views.sqlite import open_alone
from qiao.diffing.differences import Difference, TableCount
from qiao.diffing.live import compare_live, gone, without
from qiao.replay.scratch import VIEWS, Note, Scratch
from services.feeds.tables import REACTIONS_BY, ReactionBy
from tests.unit.qiao.story import LIN, id_at

SCANNED = 50_000
"""More than any one scan should be asked for."""


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


async def _folded(directory: Path, rows: Sequence[ReactionBy]) -> Scratch:
    await asyncio.to_thread(directory.mkdir)
    views = await open_alone(directory / VIEWS, clock=lambda: 0)
    await views.migrate([REACTIONS_BY])
    await views.write([Put(REACTIONS_BY, row, 1) for row in rows])
    await views.commit()
    note = Note(source="the log", slice=None, until="the end", services=(), as_of=0)
    return Scratch(directory, views, note)


@pytest.mark.may_stall  # a tool of one user, and 50,000 rows are made here
@pytest.mark.slow
async def test_the_last_row_of_a_long_partition_is_compared_like_the_first(tmp_path: Path) -> None:
    likes = [ReactionBy(LIN, "like", id_at(number), True, LIN) for number in range(SCANNED)]
    saved = ReactionBy(LIN, "save", id_at(0), True, LIN)
    mine = await _folded(tmp_path / "mine", [*likes, saved])
    live = await _folded(tmp_path / "live", likes)
    try:
        compared = await compare_live(mine, live.views, [REACTIONS_BY])
        assert [each.key["kind"] for each in compared.differences] == ["save"]
        assert compared.tables[0].same == SCANNED
    finally:
        await mine.views.close()
        await live.views.close()

"""Laid over a store, rows are read exactly as if they had been written to it."""

from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from libs.views import Put, Reads, Views
from libs.views.overlay import Overlay
from libs.views.sqlite import open_views
from tests.contract.views.tables import CELLS, RISING, Cell

PLACES = [UUID(int=n << 64 | 7 << 76) for n in range(1, 4)]
STORED = [Cell("sheet", kind, row, PLACES[1], "stored") for kind, row in product("ac", range(4))]
LAID = [
    *(Cell("sheet", "a", row, PLACES[row], "laid") for row in range(3)),
    Cell("sheet", "b", 1, PLACES[0], "laid"),
    Cell("other", "a", 1, PLACES[1], "laid"),
]


@pytest.fixture
async def views(tmp_path: Path) -> AsyncIterator[Views]:
    views = await open_views(tmp_path / "views.db")
    await views.migrate([CELLS, RISING])
    await views.write([Put(table, cell, 1) for table in (CELLS, RISING) for cell in STORED])
    yield views
    await views.close()


async def _answers(reads: Reads) -> list[Any]:
    found: list[Any] = []
    for table, limit in product((CELLS, RISING), range(1, 14)):
        found += await reads.scan_many(table, [("sheet",), ("other",), ("none",)], limit=limit)
        found += await reads.scan_many(table, [("sheet",), ("other",)], prefix=("a",), limit=limit)
        for prefix, after in [((), ()), (("a",), ()), (("a",), (2,)), (("a",), (1, PLACES[1])), (("b", 1), ())]:
            found.append(await reads.scan(table, ("sheet",), prefix=prefix, after=after, limit=limit))
        keys = [("sheet", "a", row, PLACES[1]) for row in range(6)]
        found.append(await reads.get_many(table, keys))
        found.append(await reads.get(table, "other", "a", 1, PLACES[1]))
    return found


async def test_every_read_answers_as_if_the_rows_had_been_written(views: Views) -> None:
    before = await _answers(views)
    puts = [Put(table, cell, 2) for table in (CELLS, RISING) for cell in LAID]
    laid = await _answers(Overlay(views, puts))
    assert await _answers(views) == before, "nothing is written"
    await views.write(puts)
    assert laid == await _answers(views) != before

"""Views for one process alone: writes share transactions, and stay whole."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from libs.views import Put, RowRefused, Views, ViewsUnavailable
from libs.views.sqlite import SqliteViews, open_alone, open_views
from libs.views.sqlite.slices import SliceWriter
from tests.contract.views.tables import FORWARD, TABLES, Line

BOOK = UUID(int=7)
FOR_EVER = 1_000.0


def _lines(*numbers: int, text: str = "x") -> list[Put]:
    return [Put(FORWARD, Line(BOOK, number, text), 1) for number in numbers]


async def _numbers(views: Views) -> list[int]:
    return [row.number for row in await views.scan(FORWARD, (BOOK,), limit=100_000)]


@pytest.fixture
async def views(tmp_path: Path) -> AsyncIterator[SqliteViews]:
    views = await open_alone(tmp_path / "views.db", clock=time.time, share=FOR_EVER)
    await views.migrate(TABLES)
    yield views
    await views.close()


async def _seen_by_others(directory: Path) -> list[int]:
    others = await open_views(directory / "views.db")
    try:
        return await _numbers(others)
    finally:
        await others.close()


async def test_what_was_written_is_read_at_once_and_by_others_when_it_is_committed(
    views: SqliteViews, tmp_path: Path
) -> None:
    await views.write(_lines(1))
    await views.write(_lines(2))
    assert (await _numbers(views), await _seen_by_others(tmp_path)) == ([1, 2], [])
    await views.commit()
    assert await _seen_by_others(tmp_path) == [1, 2]


async def test_a_transaction_that_has_been_shared_long_enough_is_committed_by_the_next_write(tmp_path: Path) -> None:
    views = await open_alone(tmp_path / "views.db", clock=time.time, share=1e-9)
    await views.migrate(TABLES)
    await views.write(_lines(1))
    assert await _seen_by_others(tmp_path) == [1]
    await views.close()


async def test_closing_commits(views: SqliteViews, tmp_path: Path) -> None:
    await views.write(_lines(1))
    await views.close()
    assert await _seen_by_others(tmp_path) == [1]


def _fail(patch: pytest.MonkeyPatch, error: BaseException, statement: str = "SELECT 1") -> None:
    """Rows are written as ever, then comes this."""
    ever = SliceWriter.write

    def write(writer: SliceWriter, puts: Sequence[Put]) -> object:
        ever(writer, puts)
        writer._connection.execute(statement)
        raise error

    patch.setattr(SliceWriter, "write", write)


@pytest.mark.parametrize("statement", ["SELECT 1", "ROLLBACK"], ids=["by us", "by SQLite itself"])
@pytest.mark.parametrize("error", [sqlite3.OperationalError("database or disk is full"), asyncio.CancelledError()])
async def test_a_write_that_fails_takes_back_what_shares_its_transaction_and_nothing_is_written_behind_that(
    views: SqliteViews, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: BaseException, statement: str
) -> None:
    await views.write(_lines(1))
    await views.commit()
    await views.write(_lines(2))
    with monkeypatch.context() as patch:
        _fail(patch, error, statement)
        with pytest.raises((ViewsUnavailable, asyncio.CancelledError)):
            await views.write(_lines(3, 4))
    with pytest.raises(ViewsUnavailable, match="open it again"):
        await views.write(_lines(5))
    await views.close()
    assert await _seen_by_others(tmp_path) == [1]


async def test_a_row_that_is_refused_takes_nothing_back(views: SqliteViews) -> None:
    await views.write(_lines(1))
    with pytest.raises(RowRefused):
        await views.write([*_lines(2), Put(FORWARD, Line(BOOK, 1 << 70, "x"), 1)])
    await views.write(_lines(3))
    assert await _numbers(views) == [1, 2, 3]


async def test_its_write_ahead_log_is_emptied_while_long_scans_go_on(tmp_path: Path) -> None:
    views = await open_alone(tmp_path / "views.db", clock=time.time, share=0.0)
    await views.migrate(TABLES)
    await views.write(_lines(*range(2_000)))

    async def scan() -> None:
        for _ in range(30):
            assert len(await _numbers(views)) >= 2_000

    async def write() -> None:
        for number in range(30):
            await views.write(_lines(10_000 + number, text="x" * 1_000_000))

    await asyncio.gather(scan(), write(), scan())
    assert (tmp_path / "views.db-wal").stat().st_size < 32 << 20
    await views.close()

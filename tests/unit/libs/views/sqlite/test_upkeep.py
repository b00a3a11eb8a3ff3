"""The file stays small, private and swift to open."""

import os
import stat
import time
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from libs.sqlite import connect
from libs.views import Put, Table, ViewsUnavailable, asc
from libs.views.port import EXPIRY_MARGIN
from libs.views.requests import slice_of
from libs.views.sqlite import open_views
from libs.views.sqlite.statements import Statements
from libs.views.sqlite.upkeep import PURGE_STEP, WAL_BYTES


class Row(msgspec.Struct, frozen=True):
    id: UUID
    number: int
    blob: bytes


TABLE = Table("test.rows", Row, partition=["id"], clustering=[asc("number")])
ID = uuid4()


class Clock:
    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


async def test_expired_rows_are_purged_in_bounded_steps(tmp_path: Path) -> None:
    clock = Clock()
    views = await open_views(tmp_path / "views.db", clock=clock, purge_every=0.0)
    await views.migrate([TABLE])
    expires_at = int(time.time()) + 10
    await views.write([Put(TABLE, Row(ID, n, b""), 1, expires_at) for n in range(2 * PURGE_STEP + 10)])
    clock.ahead = EXPIRY_MARGIN + 20
    left = []
    for _ in range(3):
        await views.write([])
        left.append(len(await views.scan(TABLE, (ID,), limit=10_000)))
    assert left == [PURGE_STEP + 10, 10, 0]
    await views.close()


async def test_the_write_ahead_log_does_not_grow_without_end(tmp_path: Path) -> None:
    views = await open_views(tmp_path / "views.db")
    await views.migrate([TABLE])
    for n in range(60):
        await views.write([Put(TABLE, Row(ID, n, b"x" * 1_000_000), 1)])
    assert (tmp_path / "views.db-wal").stat().st_size < 2 * WAL_BYTES
    await views.close()


async def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    views = await open_views(tmp_path / "views.db")
    await views.migrate([TABLE])
    await views.write([Put(TABLE, Row(ID, 1, b""), 1)])
    modes = {stat.S_IMODE(os.stat(tmp_path / file).st_mode) for file in os.listdir(tmp_path)}
    assert modes == {0o600}
    await views.close()


async def test_a_scan_from_a_cursor_needs_neither_a_sort_nor_a_second_index(tmp_path: Path) -> None:
    views = await open_views(tmp_path / "views.db")
    await views.migrate([TABLE])
    text = Statements(TABLE).scan(slice_of(TABLE, 0, 1, 5))
    with closing(connect(tmp_path / "views.db", synchronous="NORMAL")) as connection:
        plan = str(connection.execute(f"EXPLAIN QUERY PLAN {text}", (ID.bytes, 1, 5)).fetchall())
    assert "USING PRIMARY KEY" in plan
    assert "TEMP B-TREE" not in plan
    await views.close()


async def test_a_place_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ViewsUnavailable, match="No such file"):
        await open_views(tmp_path / "nowhere" / "views.db")

"""SQLite: what a process had written when it was killed is the whole of some of its writes, in their order."""

import asyncio
import signal
import sys
from pathlib import Path
from uuid import UUID

import pytest

from libs.views import Put, Views
from libs.views.sqlite import open_views
from tests.contract.views.tables import BACKWARD, FORWARD, TABLES, Line
from tests.waiting import eventually

BOOK = UUID(int=7)
ROWS = 150


async def _write_for_ever(path: Path) -> None:
    """Each write: a stage of ROWS rows, then a stage that says how far it got, as a projection does."""
    views = await open_views(path)
    await views.migrate(TABLES)
    number = 0
    while True:
        rows = [Put(FORWARD, Line(BOOK, number * ROWS + n, "x" * 100), number) for n in range(ROWS)]
        await views.write(rows, [Put(BACKWARD, Line(BOOK, 0, str(number)), number)])
        number += 1
        print(number, flush=True)


@pytest.mark.parametrize("writes", [1, 5, 40])
async def test_a_killed_writer_leaves_whole_writes(tmp_path: Path, writes: int) -> None:
    path = tmp_path / "views.db"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, str(path), stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert process.stdout is not None
    acknowledged = 0
    while acknowledged < writes:
        acknowledged = int(await asyncio.wait_for(process.stdout.readline(), 30))
    process.send_signal(signal.SIGKILL)
    await process.wait()
    views = await eventually(lambda: open_views(path))
    assert await _whole_writes(views) >= acknowledged
    await views.close()


async def _whole_writes(views: Views) -> int:
    """How many writes are there; fails if a part of one is."""
    told = await views.get(BACKWARD, BOOK, 0)
    assert told is not None
    writes = int(told.text) + 1
    rows = await views.scan(FORWARD, (BOOK,), limit=1_000_000)
    assert [row.number for row in rows] == list(range(writes * ROWS))
    return writes


if __name__ == "__main__":
    asyncio.run(_write_for_ever(Path(sys.argv[1])))

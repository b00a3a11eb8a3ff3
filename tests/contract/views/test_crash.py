"""SQLite: what a process had written when it was killed is the whole of some of its writes, in their order."""

import asyncio
import signal
import sys
import time
from pathlib import Path
from uuid import UUID

import pytest

from libs.views import Put
from libs.views.sqlite import open_alone, open_views
from tests.contract.views.tables import BACKWARD, FORWARD, TABLES, Line
from tests.waiting import eventually

BOOK = UUID(int=7)
ROWS = 150


async def _write_for_ever(path: Path, share: float) -> None:
    """Each write: a stage of ROWS rows, then a stage that says how far it got, as a projection does."""
    views = await open_alone(path, clock=time.time, share=share) if share else await open_views(path)
    await views.migrate(TABLES)
    number = 0
    while True:
        rows = [Put(FORWARD, Line(BOOK, number * ROWS + n, "x" * 100), number) for n in range(ROWS)]
        await views.write(rows, [Put(BACKWARD, Line(BOOK, 0, str(number)), number)])
        number += 1
        print(number, flush=True)


@pytest.mark.parametrize("writes", [1, 5, 40])
async def test_a_killed_writer_leaves_whole_writes(tmp_path: Path, writes: int) -> None:
    acknowledged = await _kill_after(tmp_path / "views.db", writes, share=0.0)
    assert await _whole_writes(tmp_path / "views.db") >= acknowledged


async def test_a_killed_writer_whose_writes_share_transactions_leaves_whole_writes_from_the_first_on(
    tmp_path: Path,
) -> None:
    """What it wrote last is lost, of course: it is killed within a transaction."""
    assert await _kill_after(tmp_path / "views.db", 60, share=0.05) >= await _whole_writes(tmp_path / "views.db") - 1


async def _kill_after(path: Path, writes: int, share: float) -> int:
    """How many were acknowledged."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        str(path),
        str(share),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    acknowledged = 0
    while acknowledged < writes:
        acknowledged = int(await asyncio.wait_for(process.stdout.readline(), 30))
    process.send_signal(signal.SIGKILL)
    await process.wait()
    return acknowledged


async def _whole_writes(path: Path) -> int:
    """How many writes are there; fails if a part of one is."""
    views = await eventually(lambda: open_views(path))
    try:
        told = await views.get(BACKWARD, BOOK, 0)
        writes = int(told.text) + 1 if told else 0
        rows = await views.scan(FORWARD, (BOOK,), limit=1_000_000)
        assert [row.number for row in rows] == list(range(writes * ROWS))
        return writes
    finally:
        await views.close()


if __name__ == "__main__":
    asyncio.run(_write_for_ever(Path(sys.argv[1]), float(sys.argv[2])))

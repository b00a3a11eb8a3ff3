"""`kill -9` at any write of a replay: run again, it comes to the same bytes."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qiao.replay.digesting import TableDigest, digest
from qiao.replay.scratch import read_note
from tests.unit.qiao.story import small_story

REPLAY = """
import asyncio, functools, os, signal, sys
from pathlib import Path
from libs.views.sqlite.store import SqliteViews
from qiao.replay import running, scratch
from qiao.replay.opening import open_replay
from qiao.replay.until import Until
from qiao.settings import Settings
from qiao.sources import open_source

running.BATCH = 2
# Writes that share a transaction would all go with a death, and leave nothing to go on from.
scratch.open_alone = functools.partial(scratch.open_alone, share=0.0)
log, into, left = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
write = SqliteViews.write

async def dying(self, *stages):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    await write(self, *stages)

async def replay():
    SqliteViews.write = dying
    async with open_source(log, Settings()) as source, open_replay(Settings(), source, Until(), into) as one:
        await one.run(await one.left())

asyncio.run(replay())
"""


def _replayed(log: Path, into: Path, writes: int) -> int:
    """Its exit status; it dies of SIGKILL before its next write."""
    command = [sys.executable, "-c", REPLAY, str(log), str(into), str(writes)]
    return subprocess.run(command, check=False, timeout=60).returncode


def _digests(into: Path) -> list[TableDigest]:
    return digest(into, 10**13)


@pytest.mark.slow
def test_a_replay_that_is_killed_at_any_write_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    log = asyncio.run(small_story().write(tmp_path / "log.db"))
    assert _replayed(log, tmp_path / "whole", 10**6) == 0
    deaths, kept, status = 0, 0, -signal.SIGKILL
    while status:
        into = tmp_path / str(deaths)
        status = _replayed(log, into, deaths)
        assert status in (0, -signal.SIGKILL)
        kept += bool(status) and sum(each.rows for each in _digests(into)) > 0
        assert _replayed(log, into, 10**6) == 0
        assert _digests(into) == _digests(tmp_path / "whole"), f"killed at write {deaths}"
        assert read_note(into).state == "done"
        deaths += 1
    assert deaths > 5
    assert kept > 3, "deaths that left something to go on from"

"""Ctrl-C in the middle of a command: it ends at once and without a word, and leaves nothing that is in the way."""

import asyncio
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from qiao.settings import Settings
from tests.e2e.commands import QIAO, TIMEOUT, environment
from tests.e2e.platform import Platform
from tests.e2e.serving import in_thread
from tests.waiting import eventually

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
NEVER = 1_000_000
"""Polls that no command here comes to."""


class Case(NamedTuple):
    """A command, and how it is known to be at work: the log has fallen silent after so many polls, or it says this."""

    line: str
    polls: int = NEVER
    says: str = ""
    again: bool = False
    """Whether the same command then goes on to its end."""


ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
CASES = (
    Case("capture part.qiao --account @mei --closure", polls=3, again=True),
    Case("capture --as-test mei --account @mei --closure", polls=3, again=True),
    Case("replay live --into whole", polls=3, again=True),
    Case("replay live --into stepped --step", says="q(uit): ", again=True),
    Case("diff a b", polls=3),
    Case(f"sql live '{ENDLESS}' --json --limit 0", says='{"i":1000}'),
    Case("audit --keys 500", polls=3),
    Case("rebuild feeds", polls=3, again=True),
    Case("try now follow lin mei", polls=3),
    Case("at now home lin", polls=3),
)


class World(NamedTuple):
    """A running platform with its people, and a folder to work in, with a slice and two replays that differ."""

    folder: Path
    given: Mapping[str, str]

    def start(self, command: list[str]) -> "subprocess.Popen[bytes]":
        """A process there; what it says goes to files."""
        with (self.folder / "out").open("wb") as out, (self.folder / "err").open("wb") as err:
            return subprocess.Popen(
                command, cwd=self.folder, env=environment(self.given), stdin=subprocess.PIPE, stdout=out, stderr=err
            )

    def ends(self, command: list[str], typed: bytes = b"") -> int:
        """Its exit status."""
        process = self.start(command)
        process.communicate(typed, TIMEOUT)
        return process.returncode

    def said(self, name: str) -> str:
        """What was written to `out` or `err`."""
        return (self.folder / name).read_text()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Made once: the commands leave it as it is, but for the rebuild, which comes to an end."""
    folder = tmp_path_factory.mktemp("interrupted")
    (folder / "tmp").mkdir()
    platform = Platform(Settings(data=str(folder / "data"), listen="127.0.0.1:0", rate_limits="off", sample="off"))
    with in_thread(platform.running):
        given = {**platform.environment, "TMPDIR": str(folder / "tmp"), "PYTHONPATH": str(ROOT)}
        made = World(folder, given)
        for line in ("seed", "capture all.qiao", "replay all.qiao --into a"):
            assert made.ends([*QIAO, *line.split()]) == 0, made.said("err")
        shutil.copytree(folder / "a", folder / "b")
        with closing(sqlite3.connect(folder / "b" / "views.db")) as connection, connection:
            connection.execute('UPDATE "feeds.tallies" SET count = count + 1')
        yield made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.line[:30])
async def test_ctrl_c_ends_a_command_at_work_and_leaves_nothing_in_the_way(world: World, case: Case) -> None:
    silent, words = world.folder / "silent", shlex.split(case.line)
    silent.unlink(missing_ok=True)
    process = world.start([sys.executable, "-m", "tests.e2e.silent", str(silent), str(case.polls), *words])

    def at_work() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"it ended with {process.returncode}: {world.said('err')}{world.said('out')[:200]}")
        return silent.exists() if not case.says else case.says in world.said("out")

    try:
        await eventually(at_work, TIMEOUT)
        process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(process.wait, TIMEOUT) == 130
    finally:
        process.kill()
        process.communicate()
    assert world.said("err").strip() == ""
    assert list((world.folder / "tmp").iterdir()) == []
    if case.again:
        assert await asyncio.to_thread(world.ends, [*QIAO, *words], b"c\n") == 0, world.said("err")

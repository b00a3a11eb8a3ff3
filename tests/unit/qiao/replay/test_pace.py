"""`--speed`: records are folded as they are due, not all at once when the last of them is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from libs.log.merging import Instant, Ordered
from qiao.cli import qiao
from qiao.replay.opening import open_replay
from qiao.replay.running import Pace
from qiao.replay.scratch import read_note
from qiao.replay.stepping import Quit, Stepper, Stop, Stops, everywhere, nowhere
from qiao.replay.until import Until
from qiao.settings import Settings
from qiao.sources import open_source
from tests.unit.libs.log.slices.making import record
from tests.unit.qiao.story import small_story

SETTINGS = Settings()


class Clock:
    """Stands still but for those who sleep."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def _at(*seconds: float) -> AsyncIterator[list[Ordered]]:
    yield [Ordered(Instant(round(at * 1000), "posts", 0, n), record(0, n)) for n, at in enumerate(seconds)]


async def test_each_record_is_folded_when_it_is_due_and_those_of_one_moment_together() -> None:
    clock = Clock()
    pace = Pace(10, clock, clock.sleep)
    folded = [(clock.now - 100, len(batch)) async for batch in pace.due(_at(5, 5, 15, 35), 2_000)]
    assert folded == [(0, 2), (1, 1), (3, 1)]


async def test_what_is_late_is_caught_up_with_in_batches_of_bounded_size() -> None:
    clock = Clock()
    pace = Pace(1, clock, clock.sleep)
    sizes = []
    async for batch in pace.due(_at(0, 1, 2, 3, 4), 2):
        sizes.append(len(batch))
        clock.now += 60
    assert sizes == [1, 2, 2]


async def test_a_replay_that_was_paced_or_stopped_says_that_it_was_folded_in_pieces(tmp_path: Path) -> None:
    log = await small_story().write(tmp_path / "log.db")

    async def quits(_: Stop) -> Stops:
        raise Quit

    async with open_source(str(log), SETTINGS) as source:
        async with open_replay(SETTINGS, source, Until(), tmp_path / "whole") as replay:
            await replay.run(await replay.left())
        async with open_replay(SETTINGS, source, Until(), tmp_path / "paced") as replay:
            await replay.run(await replay.left(), speed=1e9)
        async with open_replay(SETTINGS, source, Until(), tmp_path / "stopped") as replay:
            stepper = Stepper(replay.replayer, everywhere, quits, replay.scratch.in_pieces)
            with pytest.raises(Quit):
                await stepper.run(source.log, await replay.left(), replay.until)
            stepper = Stepper(replay.replayer, nowhere, quits, replay.scratch.in_pieces)
            await stepper.run(source.log, await replay.left(), replay.until)
    told = {name: read_note(tmp_path / name).pieces for name in ("whole", "paced", "stopped")}
    assert told == {"whole": False, "paced": True, "stopped": True}
    shown = CliRunner().invoke(qiao, ["digest", str(tmp_path / "paced")])
    assert "folded in pieces" in shown.stdout
    assert "folded in pieces" not in CliRunner().invoke(qiao, ["digest", str(tmp_path / "whole")]).stdout


@pytest.mark.parametrize("option", [["--step"], ["--break", 'type == "PostLiked"']])
def test_a_speed_is_refused_where_one_steps(option: list[str]) -> None:
    refused = CliRunner().invoke(qiao, ["replay", "live", "--speed", "10", *option])
    assert (refused.exit_code, "--speed goes with neither" in refused.stderr) == (2, True)

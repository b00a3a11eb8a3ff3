"""A disk that is full or fails, and a death at the first step: told in a line, and the same command goes on."""

import asyncio
import errno
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qiao.cli import qiao
from qiao.diffing.witnessing import FILE, Watched, witness
from qiao.replay.opening import open_replay
from qiao.replay.scratch import DRAFT, ScratchRefused, read_note
from qiao.replay.until import Until
from qiao.settings import Settings
from qiao.sources import open_source
from tests.unit.qiao.story import FIRST, small_story

SETTINGS = Settings()


@pytest.fixture
async def log(tmp_path: Path) -> Path:
    return await small_story().write(tmp_path / "log.db")


def _full(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


async def _replayed(log: Path, into: Path) -> None:
    async with open_source(str(log), SETTINGS) as source, open_replay(SETTINGS, source, Until(), into) as replay:
        await replay.run(await replay.left())


async def test_a_full_disk_ends_a_replay_in_a_line_and_the_same_goes_on(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", _full)
        with pytest.raises(ScratchRefused, match="No space left on device; once that is mended, run the same again"):
            await _replayed(log, tmp_path / "r")
    await _replayed(log, tmp_path / "r")
    assert read_note(tmp_path / "r").events == 6


async def test_a_death_before_the_note_had_its_name_is_no_replay_of_something_else(log: Path, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / DRAFT).write_bytes(b'{"source"')
    await _replayed(log, tmp_path / "r")
    assert read_note(tmp_path / "r").events == 6


async def test_a_full_disk_under_what_is_watched_is_told(log: Path, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    async with (
        open_source(str(log), SETTINGS) as source,
        open_replay(SETTINGS, source, Until(), tmp_path / "r") as replay,
    ):
        (tmp_path / "r" / FILE).symlink_to("/dev/full")
        watched = [Watched(table="feeds.cards", key={"post": str(FIRST), "facet": "created"})]
        with pytest.raises(ScratchRefused, match="No space left"):
            await witness(replay, await replay.left(), watched)


def _qiao(*arguments: object) -> Result:
    return CliRunner().invoke(qiao, list(map(str, arguments)))


@pytest.mark.parametrize("broken", [None, b"no SQLite at all" * 300], ids=["gone", "broken"])
def test_tables_that_cannot_be_read_are_told_in_a_line(tmp_path: Path, broken: bytes | None) -> None:
    log = asyncio.run(small_story().write(tmp_path / "log.db"))
    for name in ("one", "two"):
        asyncio.run(_replayed(log, tmp_path / name))
    (tmp_path / "two" / "views.db").unlink()
    if broken is not None:
        (tmp_path / "two" / "views.db").write_bytes(broken)
    for told in (_qiao("digest", tmp_path / "two"), _qiao("diff", tmp_path / "one", tmp_path / "two")):
        assert isinstance(told.exception, SystemExit), told.exception
        assert (told.exit_code, "two/views.db" in told.stderr) == (2, True)

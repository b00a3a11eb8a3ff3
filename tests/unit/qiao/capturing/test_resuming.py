"""An unfinished capture goes on from what it was begun with, and from nothing that only looks like it."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from libs.log import LogError, LogUnavailable
from libs.log.slices import Manifest, Selection
from libs.log.slices.draft import Draft
from libs.log.slices.plan import CaptureDiffers
from qiao.capturing import Ask, capture
from qiao.capturing.index import index_path
from qiao.settings import Settings
from qiao.sources import Source, open_source
from tests.unit.qiao.story import MEI, small_story

SETTINGS = Settings()
OF_MEI = Selection(accounts=(MEI,), closure=True)


async def _slices(directory: Path) -> tuple[Path, Path]:
    """Two of the same log, and of as much of it."""
    log = await small_story().write(directory / "log.db")
    made = directory / "one.qiao", directory / "two.qiao"
    for path in made:
        async with open_source(str(log), SETTINGS) as source:
            await capture(source, Ask(out=path, selection=Selection()))
    return made


async def _ended(source: Source, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its log goes away before anything is read."""

    async def gone(*_: object) -> None:
        raise LogUnavailable("gone")

    monkeypatch.setattr(source.log, "reader", gone)
    with pytest.raises(LogUnavailable, match="gone"):
        await capture(source, ask)


async def test_a_capture_does_not_go_on_from_another_slice_of_the_same_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await _slices(tmp_path)
    ask = Ask(out=tmp_path / "part.qiao", selection=Selection(topics=("posts",)))
    async with open_source(str(one), SETTINGS) as source:
        await _ended(source, ask, monkeypatch)
    async with open_source(str(two), SETTINGS) as source:
        with pytest.raises(CaptureDiffers, match="another log or slice"):
            await capture(source, ask)
    async with open_source(str(one), SETTINGS) as source:
        assert (await capture(source, ask)).manifest.count == 4 - 1


def _named_mei(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("mei*"))


async def test_an_end_just_after_the_slice_got_its_name_leaves_the_slice_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, ask = await small_story().write(tmp_path / "log.db"), Ask(out=tmp_path / "mei.qiao", selection=OF_MEI)

    def ended(draft: Draft, *_: object) -> Manifest:
        finish(draft)
        raise asyncio.CancelledError

    finish = Draft.finish
    monkeypatch.setattr(Draft, "finish", ended)
    async with open_source(str(log), SETTINGS) as source:
        with pytest.raises(asyncio.CancelledError):
            await capture(source, ask)
    assert _named_mei(tmp_path) == ["mei.qiao"]


async def test_a_slice_that_was_finished_serves_the_same_capture_and_no_other_if_that_is_wanted(tmp_path: Path) -> None:
    log, ask = await small_story().write(tmp_path / "log.db"), Ask(out=tmp_path / "mei.qiao", selection=OF_MEI)
    async with open_source(str(log), SETTINGS) as source:
        first = await capture(source, ask)
        index_path(ask.out).touch()  # what a death leaves just after the slice got its name
        again = await capture(source, msgspec.structs.replace(ask, finished_will_do=True))
        assert again == first
        assert _named_mei(tmp_path) == ["mei.qiao"]
        with pytest.raises(CaptureDiffers, match="is there already, and it was begun with another selection"):
            await capture(source, msgspec.structs.replace(ask, finished_will_do=True, arguments=("--closure",)))
        with pytest.raises(LogError, match="never written over"):
            await capture(source, ask)

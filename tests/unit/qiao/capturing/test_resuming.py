"""An unfinished capture goes on from what it was begun with, and from nothing that only looks like it."""

from pathlib import Path

import pytest

from libs.log import LogUnavailable
from libs.log.slices import Selection
from libs.log.slices.plan import CaptureDiffers
from qiao.capturing import Ask, capture
from qiao.settings import Settings
from qiao.sources import Source, open_source
from tests.unit.qiao.story import small_story

SETTINGS = Settings()


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

"""What may be compared, and that both sides of a comparison are of the same events."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from libs.events import PostCreated
from libs.log.slices import Selection
from qiao import migration
from qiao.capturing import Ask, capture
from qiao.diffing.differences import Compared
from qiao.diffing.sides import NotComparable, diff_code, diff_folders, diff_live
from qiao.diffing.worktree import HERE, Version
from qiao.replay.opening import open_replay
from qiao.replay.until import Until, UntilTime, until_of
from qiao.settings import Settings
from qiao.sources import open_source
from qiao.stores import open_stores
from tests.unit.qiao.story import BEGIN_MS, FIRST, MEI, Story, id_at, small_story


def nobody(_: str) -> None:
    """Listens."""


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """Of a platform that has the story in its log, and has folded nothing."""
    settings = Settings(data=str(tmp_path / "data"))
    await _append(settings, small_story(), 0)
    return settings


async def _append(settings: Settings, story: Story, since: int) -> None:
    async with open_stores(settings) as stores:
        await migration.migrate(stores, settings)
        await stores.log.restore(story.records[since:])  # type: ignore[attr-defined]


async def _goes_on(settings: Settings) -> None:
    story = small_story()
    story.tell(PostCreated(post=id_at(50, 1), author=MEI, text="late", lang="en"), 50, MEI)
    await _append(settings, story, 6)


async def _replayed(settings: Settings, text: str, into: Path, until: Until | None = None) -> Path:
    async with (
        open_source(text, settings) as source,
        open_replay(settings, source, until or Until(), into) as replay,
    ):
        await replay.run(await replay.left())
    return into


async def _slice_of_a_post(settings: Settings, directory: Path) -> Path:
    ask = Ask(out=directory / "post.qiao", selection=Selection(posts=(FIRST,), closure=True))
    async with open_source("live", settings) as source:
        await capture(source, ask)
    return await _replayed(settings, str(ask.out), directory / "post")


async def test_a_replay_that_ends_in_the_past_is_not_compared_with_live(settings: Settings, tmp_path: Path) -> None:
    past = await _replayed(settings, "live", tmp_path / "past", UntilTime("-1h", BEGIN_MS + 15_000))
    with pytest.raises(NotComparable, match=r"past ends with -1h \(2025-01-14T09:30:15\+00:00\), and live does not"):
        await diff_live(settings, past, nobody)


async def test_a_slice_of_a_post_is_not_compared_once_live_has_gone_on(settings: Settings, tmp_path: Path) -> None:
    directory = await _slice_of_a_post(settings, tmp_path)
    assert isinstance(await diff_live(settings, directory, nobody), Compared)
    await _goes_on(settings)
    with pytest.raises(NotComparable, match=r"live has gone on by . events since the slice ends"):
        await diff_live(settings, directory, nobody)


async def test_a_whole_slice_is_not_compared_once_live_has_gone_on(settings: Settings, tmp_path: Path) -> None:
    async with open_source("live", settings) as source:
        await capture(source, Ask(out=tmp_path / "all.qiao", selection=Selection()))
    directory = await _replayed(settings, str(tmp_path / "all.qiao"), tmp_path / "all")
    await _goes_on(settings)
    with pytest.raises(NotComparable, match=r"gone on by . events"):
        await diff_live(settings, directory, nobody)


async def test_what_was_cut_from_a_time_on_is_not_compared_with_live(settings: Settings, tmp_path: Path) -> None:
    late = Selection(posts=(FIRST,), since=BEGIN_MS + 35_000, closure=True)
    async with open_source("live", settings) as source:
        await capture(source, Ask(out=tmp_path / "late.qiao", selection=late))
    directory = await _replayed(settings, str(tmp_path / "late.qiao"), tmp_path / "late")
    with pytest.raises(
        NotComparable, match=r"causes and effects, from 2025-01-14T09:30:35\+00:00 on: .* without --from"
    ):
        await diff_live(settings, directory, nobody)


@pytest.mark.parametrize("kind", ["slice of everything", "slice of a post", "log"])
async def test_what_was_folded_from_the_log_of_another_platform_is_not_compared_with_live(
    settings: Settings, tmp_path: Path, kind: str
) -> None:
    other = msgspec.structs.replace(settings, data=str(tmp_path / "other"))
    await _append(other, small_story(), 0)
    if kind == "slice of a post":
        directory = await _slice_of_a_post(other, tmp_path)
    elif kind == "slice of everything":
        async with open_source("live", other) as source:
            await capture(source, Ask(out=tmp_path / "all.qiao", selection=Selection()))
        directory = await _replayed(other, str(tmp_path / "all.qiao"), tmp_path / "all")
    else:
        directory = await _replayed(other, str(tmp_path / "other" / "log.db"), tmp_path / "log")
    with pytest.raises(NotComparable, match="is not of the log that live is folded from"):
        await diff_live(settings, directory, nobody)
    if kind != "log":
        assert isinstance(await diff_live(other, directory, nobody), Compared), "its own platform's is"


async def test_replays_whose_same_words_meant_different_moments_are_not_compared(
    settings: Settings, tmp_path: Path
) -> None:
    one = await _replayed(settings, "live", tmp_path / "one", UntilTime("-1h", BEGIN_MS + 15_000))
    two = await _replayed(settings, "live", tmp_path / "two", UntilTime("-1h", BEGIN_MS + 35_000))
    with pytest.raises(NotComparable, match=r"09:30:15.*09:30:35"):
        await diff_folders(settings, one, two, nobody)


async def test_replays_that_pulled_other_authors_are_not_compared(settings: Settings, tmp_path: Path) -> None:
    one = await _replayed(settings, "live", tmp_path / "one")
    two = await _replayed(msgspec.structs.replace(settings, follower_threshold=5), "live", tmp_path / "two")
    with pytest.raises(NotComparable, match=r"QIAO_FOLLOWER_THRESHOLD=10000, .*two with 5"):
        await diff_folders(settings, one, two, nobody)


class GrowingVersion(Version):
    """This code, run in here, once the log has gone on."""

    def __init__(self, settings: Settings, name: str) -> None:
        super().__init__(name, HERE)
        self._settings = settings

    async def replay(self, source: str, into: Path, until: str | None, watched: object = ()) -> None:
        if self.name == "later":
            await _goes_on(self._settings)
        async with (
            open_source(source, self._settings) as opened,
            open_replay(self._settings, opened, await until_of(until, opened), into) as replay,
        ):
            await replay.run(await replay.left())


async def test_a_log_that_goes_on_meanwhile_is_no_difference_between_two_versions_of_the_code(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def version(revision: str) -> AsyncIterator[Version]:
        yield GrowingVersion(settings, revision)

    monkeypatch.setattr("qiao.diffing.sides.version", version)
    compared = await diff_code(settings, "live", ["sooner", "later"], None, nobody)
    assert compared.alike
    assert sum(table.same for table in compared.tables) > 0
    assert msgspec.structs.asdict(compared)["b"] == "later"

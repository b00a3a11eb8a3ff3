"""Where tools read from: only ever for reading, and named where nothing is."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from libs.events import PostCreated
from libs.log import Entry, Log, ReadOnly, TopicSpec
from libs.log.embedded import open_log
from libs.log.slices import Selection
from libs.vault.sqlite import open_vault
from qiao.capturing import Ask, capture
from qiao.replay.opening import open_replay
from qiao.replay.scratch import ScratchRefused
from qiao.replay.until import NotInSource, Until, UntilInvalid, until_of
from qiao.settings import Settings, SettingsInvalid
from qiao.sources import open_source
from tests.unit.qiao.story import FIRST, MEI, Story, registered

SETTINGS = Settings()


async def _story(path: Path) -> Path:
    story = Story()
    story.tell(registered(MEI, "mei"), 0, MEI)
    story.tell(PostCreated(post=FIRST, author=MEI, text="hello", lang="en"), 10, MEI, FIRST)
    return await story.write(path)


async def _folder(directory: Path) -> Path:
    await asyncio.to_thread(directory.mkdir)
    await _story(directory / "log.db")
    vault = await open_vault(directory / "vault.db")
    await vault.migrate()
    await vault.close()
    return directory


async def _refuses_to_write(log: Log) -> None:
    with pytest.raises(ReadOnly):
        await log.append([Entry("posts", b"key", b"value")])
    with pytest.raises(ReadOnly):
        await log.create([TopicSpec("more")])


async def test_nothing_that_is_opened_as_a_source_can_be_written_to(tmp_path: Path) -> None:
    folder = await _folder(tmp_path / "data")
    log = await _story(tmp_path / "some.db")
    async with open_source(str(log), SETTINGS) as source:
        await _refuses_to_write(source.log)
        await capture(source, Ask(out=tmp_path / "a.qiao", selection=Selection()))
    live = msgspec.structs.replace(SETTINGS, data=str(folder))
    for text, settings in ((str(tmp_path / "a.qiao"), SETTINGS), (str(folder), SETTINGS), ("live", live)):
        async with open_source(text, settings) as source:
            await _refuses_to_write(source.log)
            assert sum(end - start for start, end in source.bounds.values()) > 0


@pytest.mark.parametrize("text", ["not-there.qiao", "not/there"])
async def test_what_is_not_there_is_named(text: str) -> None:
    with pytest.raises(SettingsInvalid, match=text):
        async with open_source(text, SETTINGS):
            pass


async def test_a_folder_with_nothing_but_a_log_is_read_and_left_as_it_is(tmp_path: Path) -> None:
    await _story(tmp_path / "log.db")
    async with open_source(str(tmp_path), SETTINGS) as source:
        assert sum(end - start for start, end in source.bounds.values()) > 0
    assert not (tmp_path / "vault.db").exists(), "who only reads makes nothing"


async def test_a_log_whose_topics_were_made_again_is_another_one(tmp_path: Path) -> None:
    log = await _story(tmp_path / "log.db")
    async with open_source(str(log), SETTINGS) as source, open_replay(SETTINGS, source, Until(), tmp_path / "r") as one:
        await one.run(await one.left())
    log.unlink()
    await _story(log)
    async with open_source(str(log), SETTINGS) as source:
        with pytest.raises(ScratchRefused, match="made again"):
            async with open_replay(SETTINGS, source, Until(), tmp_path / "r"):
                pass


async def test_a_log_that_ends_before_what_was_folded_is_refused(tmp_path: Path) -> None:
    log = await _story(tmp_path / "log.db")
    async with open_source(str(log), SETTINGS) as source:
        async with open_replay(SETTINGS, source, Until(), tmp_path / "r") as replay:
            await replay.run(await replay.left())
        shorter = source._replace(
            bounds={place: each._replace(end=each.start) for place, each in source.bounds.items()}
        )
        async with open_replay(SETTINGS, shorter, Until(), tmp_path / "r") as replay:
            with pytest.raises(ScratchRefused, match="ends at"):
                await replay.left()


@pytest.mark.parametrize("text", ["posts[0]@999", str(MEI).replace("7", "8", 1)])
async def test_an_end_that_is_not_in_the_log_is_named(tmp_path: Path, text: str) -> None:
    async with open_source(str(await _story(tmp_path / "log.db")), SETTINGS) as source:
        with pytest.raises((NotInSource, UntilInvalid)):
            await until_of(text, source)


async def test_an_event_is_found_by_its_id(tmp_path: Path) -> None:
    async with open_source(str(await _story(tmp_path / "log.db")), SETTINGS) as source:
        until = await until_of(str(FIRST), source)
        async with open_replay(SETTINGS, source, until, tmp_path / "r") as replay:
            assert await replay.run(await replay.left()) == 2

        async with open_replay(SETTINGS, source, until, tmp_path / "r") as replay:
            assert await replay.run(await replay.left()) == 0, "it is folded already"


async def _created(log: Log) -> None:
    await log.create([TopicSpec("posts", 1)])


async def test_an_empty_log_replays_into_nothing(tmp_path: Path) -> None:
    log = await open_log(tmp_path / "log.db")
    await _created(log)
    await log.close()
    path = str(tmp_path / "log.db")
    async with open_source(path, SETTINGS) as source, open_replay(SETTINGS, source, Until(), tmp_path / "r") as replay:
        assert await replay.run(await replay.left()) == 0

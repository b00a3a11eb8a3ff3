"""Following the log: from its start, its end or a moment on, and only what is wanted."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Literal

import pytest

from libs.log import Record, UnknownTopic
from libs.log.embedded import EmbeddedLog, open_log
from qiao.looking import Wanted
from qiao.sources import bounds_of
from qiao.tailing.tail import tail
from tests.unit.qiao.story import BEGIN_MS, small_story


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[EmbeddedLog]:
    opened = await open_log(await small_story().write(tmp_path / "log.db"))
    yield opened
    await opened.close()


async def first(log: EmbeddedLog, count: int, wanted: Wanted, begin: Literal["start", "end"]) -> list[Record]:
    """The first so many records."""
    found: list[Record] = []
    async with aclosing(tail(log, await bounds_of(log), wanted, begin)) as following:
        while len(found) < count:
            found += await anext(following)
    return found


async def test_from_the_start_on_everything_comes(log: EmbeddedLog) -> None:
    found = await first(log, 6, Wanted(), "start")
    assert sorted(found, key=lambda record: record.timestamp) == small_story().records


async def test_a_moment_is_a_place_to_begin_too(log: EmbeddedLog) -> None:
    found = await first(log, 2, Wanted(since=BEGIN_MS + 30_000), "end")
    assert found == small_story().records[4:]


async def test_what_is_not_wanted_does_not_come(log: EmbeddedLog) -> None:
    found = await first(log, 3, Wanted(topics=frozenset({"posts"})), "start")
    assert {record.topic for record in found} == {"posts"}
    assert len(found) == 3


async def test_from_the_end_on_only_what_is_new_comes(log: EmbeddedLog) -> None:
    async with aclosing(tail(log, await bounds_of(log), Wanted(), "end")) as following:
        new = small_story().add("posts", b"new", b"{}", (), 60)
        await log.restore([new])
        assert await anext(following) == [new]


async def test_a_topic_that_is_not_there_is_named_instead_of_waited_for(log: EmbeddedLog) -> None:
    with pytest.raises(UnknownTopic, match="qiao migrate"):
        await first(log, 1, Wanted(topics=frozenset({"operations"})), "start")

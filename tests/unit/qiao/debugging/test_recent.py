"""The newest events, page by page: each once, however small the windows are, and only what was asked for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.events import PostCreated, PostLiked
from libs.log import Log
from libs.log.embedded import open_log
from qiao.debugging import recent as module
from qiao.debugging.recent import Asked, recent
from qiao.tailing.lines import Line
from tests.unit.qiao.story import LIN, MEI, Story, id_at

POSTS = 30


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    story = Story()
    for number in range(POSTS):
        post = id_at(number, 500 + number)
        story.tell(PostCreated(post=post, author=MEI, text="hello", lang="en"), number, MEI)
        story.tell(PostLiked(account=LIN, post=post), number + 0.5, LIN)
    story.add("posts", b"broken", b"{", (), POSTS)
    log = await open_log(await story.write(tmp_path / "log.db"), readonly=True)
    yield log
    await log.close()


async def _all(log: Log, asked: Asked) -> list[Line]:
    found, pages = list[Line](), 0
    while pages < 200:
        page = await recent(log, asked)
        found += page.events
        if page.older is None:
            return found
        assert asked.before is None or page.older < asked.before, "a page that leads nowhere"
        asked, pages = asked._replace(before=page.older), pages + 1
    raise AssertionError("there is no end")


@pytest.mark.parametrize(("most", "shown"), [(6_000, 50), (1, 50), (1, 3), (6_000, 7)])
async def test_every_event_is_on_one_page_newest_first(
    log: Log, monkeypatch: pytest.MonkeyPatch, most: int, shown: int
) -> None:
    monkeypatch.setattr(module, "MOST_READ", most)
    monkeypatch.setattr(module, "LEAST_OF_EACH", 4)
    monkeypatch.setattr(module, "SHOWN", shown)
    found = await _all(log, Asked())
    assert len({line.place for line in found}) == len(found) == 2 * POSTS + 1
    times = [line.log_time for line in found]
    assert times == sorted(times, reverse=True)


async def test_filters_leave_what_fits_all_of_them(log: Log) -> None:
    posts = await _all(log, Asked(topic="posts"))
    assert len(posts) == POSTS + 1
    assert len(await _all(log, Asked(type="PostLiked", actor=str(LIN)))) == POSTS
    assert await _all(log, Asked(type="PostLiked", actor=str(MEI))) == []
    one = str(id_at(3, 503))
    assert [line.key for line in await _all(log, Asked(key=one))] == [one]


async def test_what_cannot_be_read_is_shown_as_that(log: Log) -> None:
    newest = (await recent(log, Asked())).events[0]
    assert (newest.key, newest.envelope, bool(newest.error)) == ("broken", None, True)

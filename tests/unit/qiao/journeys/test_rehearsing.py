"""A handler is run again beside the tables as they are: what is there, changed or lost is told; nothing is written."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.events import AccountFollowed, Event, Meta, PostCreated, PostEdited, envelope_for, spec_of
from libs.views import Put, Views
from libs.views.sqlite import open_views
from qiao.journeys import rehearsing as module
from qiao.journeys.rehearsing import Rehearsed, rehearse
from services.feeds.calendar import week_of
from services.feeds.handlers import projection
from services.feeds.tables import (
    AUTHOR,
    CARDS,
    FOLLOWERS,
    HOME,
    TABLES,
    CardFacet,
    Created,
    Follower,
    HomePost,
    TimelinePost,
)
from tests.unit.services.folding import NOW, NOW_MS, an_id

AMY, POST = an_id(1), an_id(500)
WRITTEN = PostCreated(post=POST, author=AMY, text="s1.text.x", lang="en")
CARD = CardFacet(
    POST, "created", Created(author=AMY, text="s1.text.x", lang="en", topics=(), media=(), reply_to=None, at=NOW_MS)
)


@pytest.fixture
async def views(tmp_path: Path) -> AsyncIterator[Views]:
    views = await open_views(tmp_path / "views.db", clock=lambda: NOW_MS / 1000)
    await views.migrate(TABLES)
    yield views
    await views.close()


async def _rehearse(views: Views, event: Event) -> Rehearsed:
    envelope = envelope_for(event, source="/test", actor=None, now=NOW, id=an_id(900))
    meta = Meta(envelope=envelope, topic=spec_of(event).topic, partition=0, offset=7, log_time=NOW_MS)
    return await rehearse(views, projection(), event, meta)


async def test_a_row_that_is_lost_or_was_changed_is_told_from_one_that_stands(views: Views) -> None:
    changed = TimelinePost(AMY, POST, an_id(2))
    await views.write([Put(CARDS, CARD, 1), Put(AUTHOR, changed, 1)])
    told = {rows.table: rows for rows in (await _rehearse(views, WRITTEN)).rows}
    assert (told["feeds.cards"].as_written, told["feeds.cards"].missing) == (1, 0)
    assert (told["feeds.author"].changed_since, told["feeds.author"].as_written) == (1, 0)
    assert (told["feeds.home"].missing, told["feeds.home"].crossing) == (1, True)
    assert told["feeds.cards"].keys == (f"{POST} created",)


async def test_nothing_is_written(views: Views) -> None:
    await _rehearse(views, WRITTEN)
    await _rehearse(views, AccountFollowed(account=an_id(2), target=AMY))
    assert await views.get(CARDS, POST, "created") is None
    assert await views.scan(HOME, (AMY, week_of(POST)), limit=9) == []


async def test_an_act_without_the_right_writes_nothing_and_says_why(views: Views) -> None:
    await views.write([Put(CARDS, CARD, 1)])
    told = await _rehearse(views, PostEdited(post=POST, author=an_id(2), revision=1, text="s1.text.y", lang="en"))
    assert (told.rows, told.refused) == ((), ("change by someone else",))


async def test_of_an_author_with_many_followers_only_so_many_rows_are_looked_at(
    views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 10)
    followers = [an_id(number) for number in range(100, 130)]
    await views.write([Put(FOLLOWERS, Follower(AMY, 0, follower, True), 1) for follower in followers])
    await views.write([Put(HOME, HomePost(one, week_of(POST), POST, AMY, AMY), 1) for one in followers[:4]])
    [home] = [rows for rows in (await _rehearse(views, WRITTEN)).rows if rows.table == "feeds.home"]
    assert (home.count, home.at_least, home.as_written, home.missing) == (10, True, 4, 6)
    assert home.lost[:2] == (f"{AMY} {week_of(POST)} {POST}", f"{followers[4]} {week_of(POST)} {POST}")

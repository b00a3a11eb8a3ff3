"""Home is the merge of the followees' timelines; what was pushed only makes it cheap."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.views import Put, Views
from libs.views.sqlite import open_views
from services.feeds.calendar import DAY_MS, week_of
from services.feeds.queries.merge import ABOVE_ALL, Merge
from services.feeds.queries.streams import author_posts, pushed_posts
from services.feeds.tables import AUTHOR, HOME, HomePost, TimelinePost
from tests.unit.services.folding import NOW_MS, an_id

READER = an_id(999)
AUTHORS = [an_id(number) for number in range(1, 6)]
BEGINNING = UUID(int=0)


class Story(NamedTuple):
    """Posts by author, what else was pushed, from where pushes are complete, and where the page begins."""

    written: list[list[int]]
    """Per author, when: hours ago."""
    extra: list[list[bool]]
    """Per author and post below the floor: pushed all the same."""
    floors: list[int | None]
    """Per author: the hours ago from which pushed rows are complete; None: nothing is."""
    followed: list[bool]
    """Pushed rows of those who are followed no more lie around."""
    below: int


hours = st.integers(min_value=0, max_value=40)
stories = st.builds(
    Story,
    st.lists(st.lists(hours, max_size=12, unique=True), min_size=5, max_size=5),
    st.lists(st.lists(st.booleans(), min_size=12, max_size=12), min_size=5, max_size=5),
    st.lists(st.none() | hours, min_size=5, max_size=5),
    st.lists(st.booleans(), min_size=5, max_size=5),
    hours,
)


def _post(author: int, hours_ago: int) -> UUID:
    return an_id(author + 1, NOW_MS - hours_ago * DAY_MS // 12)


def _floor(author: int, hours_ago: int | None) -> UUID:
    return ABOVE_ALL if hours_ago is None else _post(author, hours_ago)


def _rows(story: Story) -> list[Put]:
    puts: list[Put] = []
    for author, account in enumerate(AUTHORS):
        for number, when in enumerate(story.written[author]):
            post = _post(author, when)
            puts.append(Put(AUTHOR, TimelinePost(account, post, account), 1))
            if post >= _floor(author, story.floors[author]) or story.extra[author][number]:
                puts.append(Put(HOME, HomePost(READER, week_of(post), post, account, account), 1))
    return puts


async def _merge(views: Views, story: Story, page: int) -> list[UUID]:
    floors = {
        account: _floor(author, story.floors[author])
        for author, account in enumerate(AUTHORS)
        if story.followed[author]
    }
    below = an_id(0, NOW_MS - story.below * DAY_MS // 12)
    pushed = pushed_posts(views, READER, below, an_id(0, NOW_MS - 40 * DAY_MS), page)
    return [row.post async for row in Merge(views, pushed, floors, below).rows() if row.author in floors]


async def _check(story: Story) -> None:
    with tempfile.TemporaryDirectory() as directory:
        views = await open_views(Path(directory) / "views.db", clock=lambda: NOW_MS / 1000)
        await views.migrate([AUTHOR, HOME])
        await views.write(_rows(story))
        below = an_id(0, NOW_MS - story.below * DAY_MS // 12)
        wanted = sorted(
            (
                _post(author, when)
                for author in range(len(AUTHORS))
                if story.followed[author]
                for when in story.written[author]
                if _post(author, when) < below
            ),
            reverse=True,
        )
        for page in (2, 24):
            assert await _merge(views, story, page) == wanted
        await views.close()


@pytest.mark.may_stall  # many loops in one test
@given(stories)
def test_whatever_was_pushed_the_merge_is_the_sorted_list_of_what_the_followed_wrote(story: Story) -> None:
    asyncio.run(_check(story))


@pytest.fixture
async def views(tmp_path: Path) -> AsyncIterator[Views]:
    views = await open_views(tmp_path / "views.db", clock=lambda: NOW_MS / 1000)
    await views.migrate([AUTHOR, HOME])
    yield views
    await views.close()


async def test_a_timeline_is_not_opened_before_the_merge_gets_down_to_its_floor(views: Views) -> None:
    await views.write(
        [Put(HOME, HomePost(READER, week_of(post), post, AUTHORS[0], AUTHORS[0]), 1) for post in _posts()]
    )
    opened: list[UUID] = []
    floors = {AUTHORS[0]: BEGINNING, AUTHORS[1]: _post(0, 5)}

    class Watched(Merge):
        def _timeline(self, author: UUID) -> AsyncIterator[HomePost | TimelinePost]:
            opened.append(author)
            return super()._timeline(author)

    below = an_id(0, NOW_MS + 1)
    rows = Watched(views, pushed_posts(views, READER, below, BEGINNING_OF_HOME), floors, below).rows()
    for when in range(6):
        assert (await anext(rows)).post == _post(0, when)
    assert opened == []
    assert (await anext(rows)).post == _post(0, 6)
    assert opened == [AUTHORS[1]]


BEGINNING_OF_HOME = an_id(0, NOW_MS - 28 * DAY_MS)


def _pushed(post: UUID) -> Put:
    return Put(HOME, HomePost(READER, week_of(post), post, AUTHORS[0], AUTHORS[0]), 1)


def _posts() -> Sequence[UUID]:
    return [_post(0, when) for when in range(10)]


async def test_pushed_posts_are_read_over_weeks_down_to_the_horizon(views: Views) -> None:
    posts = [an_id(1, NOW_MS - days * DAY_MS) for days in range(0, 35, 3)]
    await views.write([_pushed(post) for post in posts])
    below = an_id(0, NOW_MS + 1)
    found = [row.post async for row in pushed_posts(views, READER, below, BEGINNING_OF_HOME, page=2)]
    assert found == [post for post in posts if post >= BEGINNING_OF_HOME]


async def test_an_authors_posts_are_read_page_by_page(views: Views) -> None:
    await views.write([Put(AUTHOR, TimelinePost(AUTHORS[0], post, AUTHORS[0]), 1) for post in _posts()])
    assert [row.post async for row in author_posts(views, AUTHORS[0], _post(0, 3), page=2)] == list(_posts())[4:]

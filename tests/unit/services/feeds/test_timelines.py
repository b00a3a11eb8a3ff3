"""Pages: full until the history really ends, whatever is filtered, in a bounded number of reads."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from libs.events import AccountBlocked, AccountRegistered, Opener, PostCreated, PostDeleted, seal
from libs.views import Views
from libs.views.sqlite import open_views
from services.feeds.handlers import projection
from services.feeds.queries.timelines import Timeline, Timelines
from services.feeds.tables import TABLES
from tests.unit.libs.projections.lab import FixedKeys
from tests.unit.libs.projections.stepping import SteppingViews, Steps
from tests.unit.services.folding import NOW_MS, Folded, an_id

AMY, BOB, CAT, STRANGER = an_id(1), an_id(2), an_id(3), an_id(4)
KEYS = FixedKeys()


class Library:
    """Feeds over a real store whose projection is always up to date."""

    def __init__(self, views: Views) -> None:
        self.views, self.folded = views, Folded(projection())
        self.steps = Steps()
        self.timelines = Timelines(SteppingViews(views, self.steps), Opener(KEYS))

    async def happened(self, *events: AccountRegistered | PostCreated | PostDeleted | AccountBlocked) -> None:
        await self.views.write(list(self.folded.fold(*events).rows.values()))

    async def food(self, viewer: UUID | None = None, after: UUID | None = None, limit: int = 20) -> Timeline:
        return await self.timelines.topic("food", viewer, NOW_MS, after, limit)


async def _sealed(account: UUID, text: str) -> str:
    key = await KEYS.key_for(account)
    assert key is not None
    return seal(text, key, account, "text")


async def post(author: UUID, minutes_ago: int) -> PostCreated:
    id_ = an_id(author.int & 0xFF, NOW_MS - minutes_ago * 60_000)
    return PostCreated(post=id_, author=author, text=await _sealed(author, "yum"), lang="en", topics=("food",))


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    views = await open_views(tmp_path / "views.db", clock=lambda: NOW_MS / 1000)
    await views.migrate(TABLES)
    library = Library(views)
    for account, handle in ((AMY, "amy"), (BOB, "bob"), (CAT, "cat")):
        name = await _sealed(account, handle.title())
        joined = AccountRegistered(account=account, handle=handle, display_name=name, reads=("en",), writes="en")
        await library.happened(joined)
    yield library
    await views.close()


async def _posts(author: UUID, minutes: Sequence[int]) -> list[PostCreated]:
    return [await post(author, when) for when in minutes]


async def test_pages_follow_each_other_without_gap_or_repeat_until_the_end(library: Library) -> None:
    posts = await _posts(AMY, range(7))
    await library.happened(*posts)
    found: list[UUID] = []
    after: UUID | None = None
    for length in (3, 3, 1):
        page = await library.food(after=after, limit=3)
        found += [card.id for card in page.cards]
        assert len(page.cards) == length
        after = page.after
    assert after is None
    assert found == [written.post for written in posts]


async def test_a_page_stays_full_though_posts_are_deleted_or_hidden(library: Library) -> None:
    gone, hidden, shown = (
        await _posts(AMY, range(0, 30, 3)),
        await _posts(BOB, range(1, 30, 3)),
        await _posts(CAT, range(2, 30, 3)),
    )
    await library.happened(*gone, *hidden, *shown, AccountBlocked(account=BOB, target=CAT))
    await library.happened(*(PostDeleted(post=written.post, author=AMY) for written in gone))
    page = await library.food(viewer=CAT, limit=9)
    assert [card.id for card in page.cards] == [written.post for written in shown[:9]]
    assert page.after == shown[8].post


async def test_a_long_stretch_that_is_hidden_is_passed_over_in_few_reads(library: Library) -> None:
    await library.happened(*await _posts(AMY, range(400)), AccountBlocked(account=BOB, target=AMY))
    last = await post(CAT, 400)
    await library.happened(last)
    library.steps.done.clear()
    page = await library.food(viewer=BOB, limit=1)
    assert [card.id for card in page.cards] == [last.post]
    assert library.steps.done.count("read feeds.cards") < 15


async def test_a_post_whose_author_is_not_known_yet_cuts_no_page_short(library: Library) -> None:
    posts = await _posts(AMY, (1, 3))
    await library.happened(await post(STRANGER, 0), posts[0], await post(STRANGER, 2), posts[1])
    page = await library.food(limit=2)
    assert [card.id for card in page.cards] == [written.post for written in posts]


async def test_a_full_page_goes_on_behind_its_last_card_even_where_more_was_looked_at(library: Library) -> None:
    posts = await _posts(AMY, range(12))
    await library.happened(*posts)
    await library.happened(*(PostDeleted(post=written.post, author=AMY) for written in posts[:5]))
    first = await library.food(limit=2)
    assert first.after == posts[6].post
    second = await library.food(after=first.after, limit=20)
    assert [card.id for card in second.cards] == [written.post for written in posts[7:]]

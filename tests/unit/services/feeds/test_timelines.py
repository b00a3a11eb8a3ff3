"""Pages: full until the history ends or their looks are used up, whatever is filtered, in a bounded number of reads."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from uuid import UUID
from weakref import ref

import pytest

from libs.events import (
    AccountBlocked,
    AccountFollowed,
    AccountMuted,
    AccountRegistered,
    AccountUnfollowed,
    Event,
    Opener,
    PostCreated,
    PostDeleted,
    PostSaved,
    PostUnsaved,
    ReplyTo,
    seal,
)
from libs.views import Put, Views
from libs.views.sqlite import open_views
from services.feeds.calendar import week_of
from services.feeds.handlers import projection
from services.feeds.queries import timelines as module
from services.feeds.queries.cards import CardReader, Look
from services.feeds.queries.circle import Viewer
from services.feeds.queries.profiles import Profiles
from services.feeds.queries.timelines import Timeline, Timelines
from services.feeds.tables import HOME, TABLES, HomePost
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

    async def happened(self, *events: Event) -> None:
        puts = list(self.folded.fold(*events).rows.values())
        for begin in range(0, len(puts), 1_000):
            await self.views.write(puts[begin : begin + 1_000])

    async def all(self, read: Callable[[UUID | None, int], Awaitable[Timeline]], limit: int) -> list[UUID]:
        """The ids on every page, which may be short, in order."""
        found: list[UUID] = []
        after: UUID | None = None
        while True:
            page = await read(after, limit)
            found += [card.id for card in page.cards]
            if page.after is None:
                return found
            assert page.after != after, "a page that leads nowhere"
            after = page.after

    async def food(self, viewer: UUID | None = None, after: UUID | None = None, limit: int = 20) -> Timeline:
        return await self.timelines.topic("food", viewer, NOW_MS, after, limit)


async def _sealed(account: UUID, text: str) -> str:
    key = await KEYS.key_for(account)
    assert key is not None
    return seal(text, key, account, "text")


async def post(author: UUID, minutes_ago: int, reply_to: ReplyTo | None = None) -> PostCreated:
    id_, text = an_id(author.int & 0xFF, NOW_MS - minutes_ago * 60_000), await _sealed(author, "yum")
    return PostCreated(post=id_, author=author, text=text, lang="en", topics=("food",), reply_to=reply_to)


def answer_to(parent: PostCreated, root: PostCreated | None = None) -> ReplyTo:
    return ReplyTo(post=parent.post, author=parent.author, root=(root or parent).post)


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


@pytest.fixture
def few_looks(monkeypatch: pytest.MonkeyPatch) -> int:
    """A page may cost ten looks."""
    monkeypatch.setattr(module, "MOST_LOOKED_AT", 10)
    return 10


async def test_a_page_of_nothing_but_deleted_posts_ends_after_so_many_looks_and_says_where_to_go_on(
    library: Library, few_looks: int
) -> None:
    gone, last = await _posts(AMY, range(25)), await post(CAT, 30)
    await library.happened(*gone, last)
    await library.happened(*(PostDeleted(post=written.post, author=AMY) for written in gone))
    first = await library.food(limit=3)
    assert (first.cards, first.after) == ([], gone[few_looks - 1].post)
    assert await library.all(partial(library.timelines.topic, "food", None, NOW_MS), 3) == [last.post]


async def test_a_short_page_holds_what_was_found_and_the_next_one_repeats_and_misses_nothing(
    library: Library, few_looks: int
) -> None:
    hidden, shown = await _posts(AMY, range(0, 40, 2)), await _posts(CAT, range(1, 40, 4))
    await library.happened(*hidden, *shown, AccountMuted(account=BOB, target=AMY))
    first = await library.food(viewer=BOB, limit=20)
    assert 0 < len(first.cards) < few_looks
    assert first.after is not None
    found = await library.all(partial(library.timelines.topic, "food", BOB, NOW_MS), 20)
    assert found == [written.post for written in shown]


async def test_saves_that_were_taken_back_use_up_looks_too(library: Library, few_looks: int) -> None:
    posts = await _posts(AMY, range(25))
    await library.happened(*posts)
    await library.happened(*(PostSaved(account=BOB, post=written.post) for written in posts))
    await library.happened(*(PostUnsaved(account=BOB, post=written.post) for written in posts[1:]))
    library.steps.done.clear()
    first = await library.timelines.saved(BOB, None, 5)
    assert (first.cards, first.after is None) == ([], False)
    assert library.steps.done.count("read feeds.saves") == 1
    assert await library.all(partial(library.timelines.saved, BOB), 5) == [posts[0].post]


@pytest.mark.parametrize("limit", [1, 4])
async def test_a_home_full_of_what_was_pushed_by_those_followed_no_more_uses_up_looks_too(
    library: Library, few_looks: int, limit: int
) -> None:
    await library.happened(AccountFollowed(account=BOB, target=AMY), AccountFollowed(account=BOB, target=CAT))
    theirs, kept = await _posts(AMY, range(25)), await post(CAT, 30)
    await library.happened(*theirs, kept)
    pushed = [HomePost(BOB, week_of(row.post), row.post, row.author, row.author) for row in (*theirs, kept)]
    await library.views.write([Put(HOME, row, 0) for row in pushed])
    await library.happened(AccountUnfollowed(account=BOB, target=AMY))
    first = await library.timelines.home(BOB, NOW_MS, None, limit)
    assert (first.cards, first.after is None) == ([], False)
    assert await library.all(partial(library.timelines.home, BOB, NOW_MS), limit) == [kept.post]


async def test_what_a_page_holds_does_not_grow_with_what_it_passed_over(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[ref[Look]] = []
    held: list[int] = []
    really_look = CardReader.look

    async def look(reader: CardReader, ids: Sequence[UUID], authors: Collection[UUID], viewer: Viewer) -> Look:
        held.append(sum(earlier() is not None for earlier in looks))
        found = await really_look(reader, ids, authors, viewer)
        looks.append(ref(found))
        return found

    await library.happened(*await _posts(AMY, range(400)), AccountBlocked(account=BOB, target=AMY))
    monkeypatch.setattr(CardReader, "look", look)
    await library.food(viewer=BOB, limit=1)
    assert len(held) > 5
    assert max(held) <= 1


A_DAY = 24 * 60


async def test_a_topic_with_a_post_a_day_fills_a_page_in_few_reads(library: Library) -> None:
    posts = await _posts(AMY, range(0, 60 * A_DAY, A_DAY))
    await library.happened(*posts)
    library.steps.done.clear()
    page = await library.food(limit=20)
    assert [card.id for card in page.cards] == [written.post for written in posts[:20]]
    assert library.steps.done.count("read feeds.topic") <= 6
    assert library.steps.done.count("read feeds.topic_days") <= 3


async def test_a_topic_is_whole_over_days_with_many_posts_and_with_few(library: Library) -> None:
    busy = [n * A_DAY + minute for n in (1, 2, 40) for minute in range(60)]
    quiet = [n * A_DAY for n in range(3, 40)]
    posts = await _posts(AMY, sorted([*busy, *quiet]))
    await library.happened(*posts)
    for limit in (7, 50):
        found = await library.all(partial(library.timelines.topic, "food", None, NOW_MS), limit)
        assert found == [written.post for written in posts]


async def test_a_topic_costs_no_more_reads_for_a_viewer_who_hides_many(library: Library) -> None:
    await library.happened(*await _posts(AMY, range(5)), AccountBlocked(account=BOB, target=CAT))
    await library.happened(*(AccountMuted(account=BOB, target=an_id(n)) for n in range(100, 3_000)))
    library.steps.done.clear()
    assert len((await library.food(viewer=BOB)).cards) == 5
    assert library.steps.done.count("read feeds.relations") == 1


async def test_a_thread_is_whole_on_pages_of_any_size_though_a_reply_has_an_id_before_its_roots(
    library: Library,
) -> None:
    root = await post(AMY, 5)
    early, late = await post(BOB, 6, answer_to(root)), await post(CAT, 4, answer_to(root))
    await library.happened(root, early, late)
    for limit in (1, 2, 3, 4):
        found = await library.all(partial(library.timelines.thread, root.post, None), limit)
        assert found == [root.post, early.post, late.post]


async def test_a_deleted_post_has_no_thread_and_those_below_it_still_have_theirs(library: Library) -> None:
    root = await post(AMY, 9)
    middle = await post(BOB, 8, answer_to(root))
    below = await post(CAT, 7, answer_to(middle, root))
    await library.happened(root, middle, below, PostDeleted(post=middle.post, author=BOB))
    timelines = library.timelines
    assert [await timelines.root_of(member.post) for member in (root, middle, below)] == [root.post, None, root.post]
    assert await library.all(partial(timelines.thread, root.post, None), 5) == [root.post, below.post]

    await library.happened(PostDeleted(post=root.post, author=AMY))
    assert [await timelines.root_of(member.post) for member in (root, below)] == [None, root.post]
    assert await library.all(partial(timelines.thread, root.post, None), 5) == [below.post]


async def test_whom_somebody_blocks_sees_no_profile_of_them_and_everybody_else_does(library: Library) -> None:
    profiles = Profiles(library.views, Opener(KEYS))
    await library.happened(AccountBlocked(account=AMY, target=BOB))
    assert await profiles.profile(AMY, BOB) is None
    for viewer in (None, AMY, CAT):
        assert await profiles.profile(AMY, viewer) is not None
    seen = await profiles.profile(BOB, AMY)
    assert seen is not None
    assert seen.viewer.blocking

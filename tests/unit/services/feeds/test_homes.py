"""Fan-out, back-fill and circles over a real store: what fills homes, and from where on it is complete."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import msgspec
import pytest

from libs.events import (
    AccountBlocked,
    AccountFollowed,
    AccountMuted,
    AccountUnfollowed,
    Event,
    Meta,
    PostCreated,
    ReplyTo,
    envelope_for,
    spec_of,
)
from libs.projections.batch import Batch, Item
from libs.projections.second import run_seconds
from libs.projections.tallies import tally_puts
from libs.views import Key, Put, Reads, Table, Views, stamp
from libs.views.sqlite import open_views
from services.feeds.calendar import DAY_MS, week_of
from services.feeds.handlers import projection
from services.feeds.handlers.relationships import BLOCKING
from services.feeds.queries.circle import (
    FEW_PULLED,
    Viewer,
    blockers_among,
    floors_of,
    following_of,
    hidden_among,
    horizon_at,
)
from services.feeds.queries.merge import ABOVE_ALL
from services.feeds.tables import COVERAGE, HOME, PULLED, RELATIONS, TABLES, Coverage, HomePost, Pulled, Relation
from tests.unit.services.folding import NOW, NOW_MS, an_id

R = TypeVar("R", bound=msgspec.Struct)

AMY, BOB, CAT = an_id(1), an_id(2), an_id(3)
BACK_FILL = 3


class Feeds:
    """The projection over a real store, one event at a time."""

    def __init__(self, views: Views) -> None:
        self.views, self.offset = views, 0
        self.projection = projection(follower_threshold=2, back_fill=BACK_FILL)

    async def fold(self, *events: Event) -> None:
        for event in events:
            await self._fold(event)
            self.offset += 1

    async def _fold(self, event: Event) -> None:
        handler = self.projection.handlers[type(event)]
        envelope = envelope_for(event, source="/test", actor=None, now=NOW, id=an_id(10_000 + self.offset))
        meta = Meta(envelope=envelope, topic=spec_of(event).topic, partition=0, offset=self.offset, log_time=NOW_MS)
        item = Item(event, meta, stamp(1, self.offset), handler, handler.needs(event, meta) if handler.needs else ())
        read = {need: await self.views.get(need.table, *need.key) for need in item.needs}
        batch = Batch(self.projection, read)
        batch.fold(item)
        await self.views.write(await tally_puts(self.projection, self.views, batch.deltas), list(batch.puts.values()))
        await run_seconds(self.views, batch.seconds)

    async def home(self, reader: UUID) -> list[UUID]:
        """What was pushed, newest first."""
        rows: list[HomePost] = []
        for week in range(week_of(an_id(0)), week_of(an_id(0)) - 9, -1):
            rows += await self.views.scan(HOME, (reader, week), limit=100)
        return [row.post for row in rows]


class CountingReads(Reads):
    """Counts the rows that come out of each table."""

    def __init__(self, reads: Reads) -> None:
        self._reads, self.rows = reads, Counter[str]()

    async def get(self, table: Table[R], *key: object) -> R | None:
        row = await self._reads.get(table, *key)
        self.rows[table.name] += row is not None
        return row

    async def get_many(self, table: Table[R], keys: Sequence[Key]) -> list[R | None]:
        rows = await self._reads.get_many(table, keys)
        self.rows[table.name] += sum(row is not None for row in rows)
        return rows

    async def scan(self, table: Table[R], partition: Key, *, prefix: Key = (), after: Key = (), limit: int) -> list[R]:
        rows = await self._reads.scan(table, partition, prefix=prefix, after=after, limit=limit)
        self.rows[table.name] += len(rows)
        return rows

    async def scan_many(
        self, table: Table[R], partitions: Sequence[Key], *, prefix: Key = (), limit: int
    ) -> list[list[R]]:
        found = await self._reads.scan_many(table, partitions, prefix=prefix, limit=limit)
        self.rows[table.name] += sum(map(len, found))
        return found


@pytest.fixture
async def feeds(tmp_path: Path) -> AsyncIterator[Feeds]:
    views = await open_views(tmp_path / "views.db", clock=lambda: NOW_MS / 1000)
    await views.migrate(TABLES)
    yield Feeds(views)
    await views.close()


def post(author: UUID, days_ago: int = 0, reply_to: ReplyTo | None = None) -> PostCreated:
    return PostCreated(
        post=an_id(500, NOW_MS - days_ago * DAY_MS), author=author, text="sealed", lang="en", reply_to=reply_to
    )


def follow(account: UUID, target: UUID) -> AccountFollowed:
    return AccountFollowed(account=account, target=target)


async def test_a_post_is_pushed_to_its_author_and_their_followers(feeds: Feeds) -> None:
    await feeds.fold(follow(BOB, AMY), follow(CAT, AMY), AccountUnfollowed(account=CAT, target=AMY), post(AMY))
    assert await feeds.home(AMY) == await feeds.home(BOB) == [post(AMY).post]
    assert await feeds.home(CAT) == []


async def test_a_pushed_row_tells_whom_the_post_answers(feeds: Feeds) -> None:
    await feeds.fold(post(AMY, reply_to=ReplyTo(post=an_id(9), author=CAT, root=an_id(9))))
    [row] = await feeds.views.scan(HOME, (AMY, week_of(post(AMY).post)), limit=9)
    assert (row.author, row.replied_to) == (AMY, CAT)


async def test_a_post_whose_rows_would_be_past_their_time_is_not_pushed(feeds: Feeds) -> None:
    await feeds.fold(follow(BOB, AMY), post(AMY, days_ago=50))
    assert await feeds.home(BOB) == []


async def test_a_follow_pushes_the_newest_posts_and_then_says_from_where_they_are_complete(feeds: Feeds) -> None:
    await feeds.fold(*(post(AMY, days) for days in range(5)), follow(BOB, AMY))
    assert await feeds.home(BOB) == [post(AMY, days).post for days in range(BACK_FILL)]
    coverage = await feeds.views.get(COVERAGE, BOB, AMY)
    assert coverage is not None
    assert (coverage.follow, coverage.covered_from) == (an_id(10_005), post(AMY, BACK_FILL - 1).post)


async def test_where_all_posts_were_pushed_they_are_complete_from_the_beginning(feeds: Feeds) -> None:
    await feeds.fold(post(AMY), follow(BOB, AMY))
    coverage = await feeds.views.get(COVERAGE, BOB, AMY)
    assert coverage is not None
    assert coverage.covered_from == UUID(int=0)


async def test_an_author_who_passes_the_threshold_is_pulled_and_pushed_no_more(feeds: Feeds) -> None:
    await feeds.fold(follow(BOB, AMY), follow(CAT, AMY))
    assert await feeds.views.get(PULLED, 0, AMY) is None
    await feeds.fold(follow(an_id(4), AMY), post(AMY))
    assert await feeds.views.get(PULLED, 0, AMY) == Pulled(0, AMY)
    assert await feeds.home(AMY) == [post(AMY).post]
    assert await feeds.home(BOB) == []


async def test_a_home_is_complete_from_the_coverage_of_the_follow_that_stands(feeds: Feeds) -> None:
    await feeds.fold(*(post(AMY, days) for days in range(5)), follow(BOB, AMY))
    assert await following_of(feeds.views, BOB) == {AMY: an_id(10_005)}
    assert await floors_of(feeds.views, BOB, NOW_MS) == {AMY: post(AMY, BACK_FILL - 1).post, BOB: horizon_at(NOW_MS)}


async def test_it_is_never_taken_for_complete_below_the_horizon(feeds: Feeds) -> None:
    await feeds.fold(post(AMY), follow(BOB, AMY))
    floors = await floors_of(feeds.views, BOB, NOW_MS)
    assert floors[AMY] == horizon_at(NOW_MS) > UUID(int=0)


async def test_the_coverage_of_an_earlier_follow_tells_nothing(feeds: Feeds) -> None:
    await feeds.fold(post(AMY), follow(BOB, AMY), AccountUnfollowed(account=BOB, target=AMY))
    assert AMY not in await floors_of(feeds.views, BOB, NOW_MS)
    feeds.projection = projection(back_fill=1)
    stale = await feeds.views.get(COVERAGE, BOB, AMY)
    await feeds.fold(follow(BOB, AMY))
    assert await feeds.views.get(COVERAGE, BOB, AMY) != stale


async def test_of_a_pulled_author_nothing_is_taken_for_complete(feeds: Feeds) -> None:
    await feeds.fold(follow(BOB, AMY), follow(CAT, AMY), follow(an_id(4), AMY))
    assert (await floors_of(feeds.views, BOB, NOW_MS))[AMY] == ABOVE_ALL


@pytest.mark.parametrize("what", [AccountMuted, AccountBlocked])
async def test_who_is_muted_or_blocked_is_not_followed(
    feeds: Feeds, what: type[AccountMuted] | type[AccountBlocked]
) -> None:
    await feeds.fold(follow(BOB, AMY), what(account=BOB, target=AMY))
    assert await following_of(feeds.views, BOB) == {}
    assert AMY not in await floors_of(feeds.views, BOB, NOW_MS)


async def test_who_blocks_the_reader_is_found_among_authors(feeds: Feeds) -> None:
    await feeds.fold(AccountBlocked(account=AMY, target=BOB))
    assert await blockers_among(feeds.views, BOB, [AMY, BOB, CAT]) == {AMY}
    assert await blockers_among(feeds.views, None, [AMY]) == set()


MANY = 20_100
"""More than one bounded read would give."""


async def _write(feeds: Feeds, table: Table[R], rows: Sequence[R]) -> None:
    for begin in range(0, len(rows), 1_000):
        await feeds.views.write([Put(table, row, 0) for row in rows[begin : begin + 1_000]])


async def test_many_blocks_hide_neither_whom_the_reader_follows_nor_whom_they_mute(feeds: Feeds) -> None:
    """The kinds lie one behind the other: what a bounded read cuts off would be mutes first, then follows."""
    await _write(feeds, RELATIONS, [Relation(BOB, BLOCKING, an_id(n), True, an_id(n)) for n in range(100, MANY)])
    await feeds.fold(follow(BOB, AMY), follow(BOB, CAT), AccountMuted(account=BOB, target=CAT))
    assert set(await following_of(feeds.views, BOB)) == {AMY}


async def test_however_many_were_followed_once_coverage_and_pulled_authors_are_all_known(feeds: Feeds) -> None:
    last, pulled = an_id(MANY + 1), an_id(MANY + 2)
    await feeds.fold(follow(BOB, last), follow(BOB, pulled))
    once = [an_id(n) for n in range(100, MANY)]
    await _write(feeds, COVERAGE, [Coverage(BOB, target, target, UUID(int=0)) for target in once])
    await _write(feeds, PULLED, [Pulled(0, target) for target in (*once, pulled)])
    floors = await floors_of(feeds.views, BOB, NOW_MS)
    assert floors == {last: horizon_at(NOW_MS), pulled: ABOVE_ALL, BOB: horizon_at(NOW_MS)}


async def test_whom_a_reader_hides_is_found_among_authors_by_the_relations_that_count(feeds: Feeds) -> None:
    await feeds.fold(AccountMuted(account=BOB, target=AMY), AccountBlocked(account=BOB, target=CAT))
    everybody = [AMY, BOB, CAT]
    assert await hidden_among(feeds.views, Viewer(BOB), everybody) == {AMY, CAT}
    assert await hidden_among(feeds.views, Viewer(BOB, hides=(BLOCKING,)), everybody) == {CAT}
    assert await hidden_among(feeds.views, Viewer(CAT), everybody) == {BOB}
    assert await hidden_among(feeds.views, Viewer(AMY), everybody) == set()
    assert await hidden_among(feeds.views, Viewer(None), everybody) == set()


async def test_a_home_reads_no_more_pulled_authors_than_are_followed_where_the_platform_has_many(feeds: Feeds) -> None:
    last, pulled = an_id(MANY + 1), an_id(MANY + 2)
    await feeds.fold(follow(BOB, last), follow(BOB, pulled))
    await _write(feeds, COVERAGE, [Coverage(BOB, pulled, an_id(10_001), UUID(int=0))])
    await _write(feeds, PULLED, [Pulled(0, target) for target in (*map(an_id, range(100, MANY)), pulled)])
    reads = CountingReads(feeds.views)
    floors = await floors_of(reads, BOB, NOW_MS)
    assert floors[pulled] == ABOVE_ALL
    assert floors[last] == horizon_at(NOW_MS)
    assert reads.rows[PULLED.name] <= FEW_PULLED + 2

"""Fan-out and back-fill: the two second phases that fill homes.

A follow and a post that race always meet: each has written its own rows before either reads, so at least one of
fan-out (reads followers) and back-fill (reads the author's timeline) sees the other.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from libs.events import AccountFollowed, Meta, PostCreated
from libs.projections import Second, total
from libs.views import Key
from services.feeds.calendar import home_expiry, week_of
from services.feeds.tables import (
    AUTHOR,
    COVERAGE,
    FOLLOWERS,
    HOME,
    PULLED,
    TALLIES,
    Coverage,
    HomePost,
    Pulled,
    TimelinePost,
)

PAGE = 1_000
TALLY_ROWS = 1_000
BUCKET = 0
FROM_THE_BEGINNING = UUID(int=0)


async def fan_out(event: PostCreated, meta: Meta, second: Second) -> None:
    """Push the post into its author's home and, unless the author is pulled, into every follower's."""
    reply = event.reply_to
    post, author, week = event.post, event.author, week_of(event.post)
    replied_to = reply.author if reply else author
    expires_at = home_expiry(post)
    await second.put(HOME, [HomePost(author, week, post, author, replied_to)], expires_at=expires_at)
    if await second.reads.get(PULLED, BUCKET, author) is not None:
        return
    after: Key = ()
    while True:
        page = await second.reads.scan(FOLLOWERS, (author,), after=after, limit=PAGE)
        rows = [HomePost(row.follower, week, post, author, replied_to) for row in page if row.on]
        await second.put(HOME, rows, expires_at=expires_at)
        if len(page) < PAGE:
            return
        after = (page[-1].source, page[-1].follower)


def follow_up(threshold: int, back_fill: int) -> Callable[[AccountFollowed, Meta, Second], Awaitable[None]]:
    """What a follow brings after it: the back-fill, and the end of pushing for an author above the threshold."""

    async def after(event: AccountFollowed, meta: Meta, second: Second) -> None:
        await _pull_if_followed_by_many(event.target, threshold, second)
        await _back_fill(event, meta, second, back_fill)

    return after


async def _pull_if_followed_by_many(author: UUID, threshold: int, second: Second) -> None:
    tallies = await second.reads.scan(TALLIES, (author,), prefix=("followers",), limit=TALLY_ROWS)
    if total(tallies, "followers") > threshold:
        await second.finish(PULLED, [Pulled(BUCKET, author)])


async def _back_fill(event: AccountFollowed, meta: Meta, second: Second, count: int) -> None:
    """Push the author's newest posts, and only when these are durable say from where on the rows are complete."""
    newest = await second.reads.scan(AUTHOR, (event.target,), limit=count)
    for row in newest:
        await second.put(HOME, [_home_row(event.account, row)], expires_at=home_expiry(row.post))
    covered_from = newest[-1].post if len(newest) == count else FROM_THE_BEGINNING
    await second.finish(COVERAGE, [Coverage(event.account, event.target, meta.envelope.id, covered_from)])


def _home_row(account: UUID, row: TimelinePost) -> HomePost:
    return HomePost(account, week_of(row.post), row.post, row.author, row.replied_to)

"""A home as it is answered beside what home means. Pushed rows may differ from replay to replay, answers may not."""

from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple
from uuid import UUID

from libs.views import Reads
from services.feeds.calendar import week_of
from services.feeds.queries.circle import floors_of, horizon_at
from services.feeds.queries.merge import ABOVE_ALL, Merge, Row
from services.feeds.queries.streams import pushed_posts
from services.feeds.queries.timelines import newest
from services.feeds.tables import HomePost

POSTS = 200
"""So many of the newest are compared."""

MOST_FOLLOWED = 500


class HomeDifference(NamedTuple):
    """The pushed rows as they should be, of posts that a home lacks or has wrong, and those that should not be."""

    lacking: frozenset[HomePost]
    extra: frozenset[HomePost]

    def both(self, other: "HomeDifference") -> "HomeDifference":
        """What is in both: seen twice."""
        return HomeDifference(self.lacking & other.lacking, self.extra & other.extra)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.lacking or self.extra)


SAME = HomeDifference(frozenset(), frozenset())


async def home_difference(reads: Reads, reader: UUID, now_ms: int) -> HomeDifference | None:
    """Merge the author timelines without anything that was pushed, and compare; None for who follows too many.

    A post under way may be in one and not yet in the other. Raises ViewsUnavailable.
    """
    floors, below = await floors_of(reads, reader, now_ms), newest(now_ms)
    if len(floors) > MOST_FOLLOWED:
        return None
    pushed = pushed_posts(reads, reader, below, horizon_at(now_ms))
    answered = await _first(Merge(reads, pushed, floors, below), reader, floors)
    meant = await _first(Merge(reads, _nothing(), dict.fromkeys(floors, ABOVE_ALL), below), reader, floors)
    # Where one of them was cut off, the other may go further.
    lowest = max((rows[-1].post for rows in (answered, meant) if len(rows) == POSTS), default=UUID(int=0))
    has, should = ({row for row in rows if row.post >= lowest} for rows in (answered, meant))
    posts = {row.post for row in should}
    return HomeDifference(frozenset(should - has), frozenset(row for row in has - should if row.post not in posts))


async def _first(merge: Merge, reader: UUID, floors: Mapping[UUID, UUID]) -> list[HomePost]:
    """What may show: whom the reader follows, replies only where they follow both sides."""
    found: list[HomePost] = []
    async for row in merge.rows():
        if {row.author, row.replied_to} <= floors.keys():
            found.append(HomePost(reader, week_of(row.post), row.post, row.author, row.replied_to))
            if len(found) == POSTS:
                break
    return found


async def _nothing() -> AsyncIterator[Row]:
    rows: tuple[Row, ...] = ()
    for row in rows:
        yield row

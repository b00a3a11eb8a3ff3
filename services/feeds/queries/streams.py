"""Streams of posts, newest first, read page by page as far as they are asked for."""

from collections.abc import AsyncIterator
from uuid import UUID

from libs.views import Reads
from services.feeds.calendar import week_of
from services.feeds.tables import AUTHOR, HOME, HomePost, TimelinePost

PAGE = 24
"""A page of 20 and a few that filters take away."""


async def author_posts(reads: Reads, author: UUID, below: UUID, page: int = PAGE) -> AsyncIterator[TimelinePost]:
    """An author's posts below that id."""
    after = (below,)
    while True:
        rows = await reads.scan(AUTHOR, (author,), after=after, limit=page)
        for row in rows:
            yield row
        if len(rows) < page:
            return
        after = (rows[-1].post,)


async def pushed_posts(
    reads: Reads, account: UUID, below: UUID, horizon: UUID, page: int = PAGE
) -> AsyncIterator[HomePost]:
    """What was pushed into a home, below that id and down to the horizon."""
    for week in range(week_of(below), week_of(horizon) - 1, -1):
        after: tuple[UUID] = (below,)
        while True:
            rows = await reads.scan(HOME, (account, week), after=after, limit=page)
            for row in rows:
                if row.post < horizon:
                    return
                yield row
            if len(rows) < page:
                break
            after = (rows[-1].post,)

"""What home means: the merge of the followees' author timelines, newest first. Pushed rows only make it cheap.

Each followee has a floor: from there upwards the pushed rows are complete, below it the author's timeline is read.
A timeline is opened only when the merge gets down to its floor, so most pages never open one.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from heapq import heappop, heappush
from uuid import UUID

from libs.views import Reads
from services.feeds.queries.streams import author_posts
from services.feeds.tables import HomePost, TimelinePost

ABOVE_ALL = UUID(int=(1 << 128) - 1)
"""The floor of a followee of whom nothing was pushed."""

OPEN_AT_ONCE = 50

Row = HomePost | TimelinePost
Stream = AsyncIterator[Row]


class Merge:
    """The posts of the authors in `floors` below an id, newest first, each once.

    What was once pushed of anybody else lies among them: the caller passes it over, and may stop at any row.
    """

    def __init__(self, reads: Reads, pushed: Stream, floors: Mapping[UUID, UUID], below: UUID) -> None:
        """`pushed` yields what was pushed below `below`; `floors` has an entry per author whose timeline counts."""
        self._reads, self._below = reads, below
        self._floors = dict(floors)
        self._unopened = sorted(floors, key=lambda author: floors[author])
        self._heads: list[tuple[int, int, Row, Stream]] = []
        self._streams = 0
        self._pushed = pushed

    async def rows(self) -> AsyncIterator[Row]:
        """The merged rows. Ends when the history really ends."""
        await self._advance(self._pushed)
        last: UUID | None = None
        while await self._settle():
            _, _, row, stream = heappop(self._heads)
            if row.post != last:
                last = row.post
                yield row
            await self._advance(stream)

    async def _settle(self) -> bool:
        """Open what may hold a newer post than the newest head; False when there is nothing left."""
        while self._unopened and (not self._heads or self._floors[self._unopened[-1]] > self._heads[0][2].post):
            newest = self._heads[0][2].post if self._heads else None
            due: list[UUID] = []
            while self._unopened and len(due) < OPEN_AT_ONCE:
                if newest is not None and self._floors[self._unopened[-1]] <= newest:
                    break
                due.append(self._unopened.pop())
            await asyncio.gather(*(self._advance(self._timeline(author)) for author in due))
        return bool(self._heads)

    def _timeline(self, author: UUID) -> Stream:
        return author_posts(self._reads, author, min(self._below, self._floors[author]))

    async def _advance(self, stream: Stream) -> None:
        row = await anext(stream, None)
        if row is not None:
            self._streams += 1
            heappush(self._heads, (-row.post.int, self._streams, row, stream))

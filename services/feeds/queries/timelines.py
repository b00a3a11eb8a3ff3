"""The timelines: candidates, newest first, filtered, until the page is full or the history ends.

A page costs a bounded number of looks. One that has used them up is shorter than asked for, and says where to go on.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from libs.events import Opener, highest_at
from libs.http.shapes import Card
from libs.views import Reads
from services.feeds.handlers.relationships import BLOCKING
from services.feeds.queries.candidates import Candidate, one, saves, take, thread_posts, topic_posts
from services.feeds.queries.cards import CardReader, Look, Post, Seen
from services.feeds.queries.circle import Viewer, floors_of, horizon_at
from services.feeds.queries.merge import Merge
from services.feeds.queries.streams import author_posts, pushed_posts

SKEW_MS = 60_000
"""Posts of a gateway whose clock is ahead still show."""

MOST_AT_ONCE = 100
"""Candidates of one round, where whole stretches of a history are hidden from the reader."""


MOST_LOOKED_AT = 1_000
"""Candidates of one page: anybody may ask for a topic whose every post is deleted."""


class Timeline(NamedTuple):
    """A page: its cards, and what the next one continues behind; only None says that this is the end."""

    cards: list[Card]
    after: UUID | None


Suits = Callable[[Post], bool]


def newest(now_ms: int) -> UUID:
    """Above every post there is."""
    return highest_at(now_ms + SKEW_MS)


class Timelines:
    """Reads pages for viewers."""

    def __init__(self, reads: Reads, opener: Opener) -> None:
        """`opener` opens what people wrote."""
        self._reads = reads
        self._cards = CardReader(reads, opener)

    async def home(self, reader: UUID, now_ms: int, after: UUID | None, limit: int) -> Timeline:
        """One's own posts and those of the followed; a reply only where the reader follows both sides."""
        below = after or newest(now_ms)
        floors = await floors_of(self._reads, reader, now_ms)
        pushed = pushed_posts(self._reads, reader, below, horizon_at(now_ms))
        merged = Merge(self._reads, pushed, floors, below).rows()
        candidates = (
            Candidate(row.post, row.post, (row.author, row.replied_to), {row.author, row.replied_to} <= floors.keys())
            async for row in merged
        )
        # Whom the reader mutes or blocks has no floor.
        return await self._page(candidates, Viewer(reader, hides=()), limit)

    async def profile(self, author: UUID, viewer: UUID | None, now_ms: int, after: UUID | None, limit: int) -> Timeline:
        """What one account wrote, to whoever is not blocked by it. A mute does not reach here: one asked for it."""
        candidates = (
            Candidate(row.post, row.post, (row.author,))
            async for row in author_posts(self._reads, author, after or newest(now_ms))
        )
        return await self._page(candidates, Viewer(viewer, hides=(BLOCKING,)), limit)

    async def topic(self, topic: str, viewer: UUID | None, now_ms: int, after: UUID | None, limit: int) -> Timeline:
        """What was said under a topic and still names it."""
        candidates = topic_posts(self._reads, topic, after or newest(now_ms))
        return await self._page(candidates, Viewer(viewer), limit, lambda post: topic in post.topics)

    async def saved(self, viewer: UUID, after: UUID | None, limit: int) -> Timeline:
        """What the viewer saved, last saved first."""
        return await self._page(saves(self._reads, viewer, after), Viewer(viewer), limit)

    async def thread(self, root: UUID, viewer: UUID | None, after: UUID | None, limit: int) -> Timeline:
        """A thread: its root, then every reply in the order of writing; what was deleted is left out."""
        return await self._page(thread_posts(self._reads, root, after), Viewer(viewer), limit)

    async def root_of(self, post: UUID) -> UUID | None:
        """The first post of the thread that a post belongs to; None if the post was deleted or never seen."""
        found = await self._cards.post(post)
        if found is None:
            return None
        return found.created.reply_to.root if found.created.reply_to else post

    async def post(self, post: UUID, viewer: UUID | None) -> Card | None:
        """One post; None if it does not show to the viewer."""
        page = await self._page(one(post), Viewer(viewer, hides=(BLOCKING,)), 1)
        return page.cards[0] if page.cards else None

    async def _page(
        self, candidates: AsyncIterator[Candidate], viewer: Viewer, limit: int, suits: Suits = lambda _: True
    ) -> Timeline:
        """Fill a page. A round looks at what is missing and hardly a card in vain, unless much has been filtered.

        Only what shows is kept from one round to the next.
        """
        shown, at_least, left, after = list[tuple[Seen, UUID]](), 1, MOST_LOOKED_AT, None
        while len(shown) < limit and left > 0:
            chunk = await take(candidates, max(limit - len(shown), at_least), left)
            if not chunk:
                return await self._timeline(shown, None)
            at_least, left, after = min(2 * at_least, MOST_AT_ONCE), left - len(chunk), chunk[-1].order
            shown += await self._look_at([candidate for candidate in chunk if candidate.may_show], viewer, suits)
        if len(shown) >= limit:
            shown = shown[:limit]
            after = shown[-1][1]
        return await self._timeline(shown, after)

    async def _timeline(self, shown: Sequence[tuple[Seen, UUID]], after: UUID | None) -> Timeline:
        return Timeline(await self._cards.cards([seen for seen, _ in shown]), after)

    async def _look_at(self, chunk: Sequence[Candidate], viewer: Viewer, suits: Suits) -> list[tuple[Seen, UUID]]:
        if not chunk:
            return []
        authors = {author for candidate in chunk for author in candidate.authors}
        look = await self._cards.look([candidate.post for candidate in chunk], authors, viewer)
        return _visible(chunk, look, suits)


def _visible(chunk: Sequence[Candidate], look: Look, suits: Suits) -> list[tuple[Seen, UUID]]:
    """The candidates that still stand, with nobody involved who is hidden from the reader or hides from them.

    A post whose author is not known yet does not show: a page must not be cut short for it later.
    """
    visible = []
    for candidate in chunk:
        seen = look.seen(candidate.post)
        if seen is None or not suits(seen.post):
            continue
        if {seen.post.created.author, *candidate.authors}.isdisjoint(look.hidden):
            visible.append((seen, candidate.order))
    return visible

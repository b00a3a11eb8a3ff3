"""The timelines: candidates, newest first, filtered, until the page is full or the history ends."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from libs.events import Opener, highest_at
from libs.http.shapes import Card
from libs.views import Reads
from services.feeds.queries.candidates import Candidate, one, saves, take, thread_posts, topic_posts
from services.feeds.queries.cards import CardReader, Look, Post
from services.feeds.queries.circle import Circle, circle_of, floors_of, horizon_at
from services.feeds.queries.merge import Merge
from services.feeds.queries.streams import author_posts, pushed_posts
from services.feeds.tables import CARDS, Created

SKEW_MS = 60_000
"""Posts of a gateway whose clock is ahead still show."""

MOST_AT_ONCE = 100
"""Candidates of one round, where whole stretches of a history are hidden from the reader."""


class Timeline(NamedTuple):
    """A page: its cards, and what the next one continues behind; None at the end."""

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
        circle, floors = await floors_of(self._reads, reader, now_ms)
        pushed = pushed_posts(self._reads, reader, below, horizon_at(now_ms))
        merged = Merge(self._reads, pushed, floors, below).rows()
        candidates = (
            Candidate(row.post, row.post, (row.author, row.replied_to))
            async for row in merged
            if row.replied_to in floors
        )
        return await self._page(candidates, circle, limit)

    async def profile(self, author: UUID, viewer: UUID | None, now_ms: int, after: UUID | None, limit: int) -> Timeline:
        """What one account wrote, to whoever is not blocked by it. A mute does not reach here: one asked for it."""
        candidates = (
            Candidate(row.post, row.post, (row.author,))
            async for row in author_posts(self._reads, author, after or newest(now_ms))
        )
        circle = await circle_of(self._reads, viewer)
        circle.muting.discard(author)
        return await self._page(candidates, circle, limit)

    async def topic(self, topic: str, viewer: UUID | None, now_ms: int, after: UUID | None, limit: int) -> Timeline:
        """What was said under a topic and still names it."""
        circle = await circle_of(self._reads, viewer)
        candidates = topic_posts(self._reads, topic, after or newest(now_ms))
        return await self._page(candidates, circle, limit, lambda post: topic in post.topics)

    async def saved(self, viewer: UUID, after: UUID | None, limit: int) -> Timeline:
        """What the viewer saved, last saved first."""
        circle = await circle_of(self._reads, viewer)
        return await self._page(saves(self._reads, viewer, after), circle, limit)

    async def thread(self, root: UUID, viewer: UUID | None, after: UUID | None, limit: int) -> Timeline:
        """A thread: its root, then every reply in the order of writing."""
        circle = await circle_of(self._reads, viewer)
        return await self._page(thread_posts(self._reads, root, after), circle, limit)

    async def root_of(self, post: UUID) -> UUID | None:
        """The first post of the thread that a post belongs to; None if the post was never seen."""
        row = await self._reads.get(CARDS, post, "created")
        if row is None or not isinstance(row.body, Created):
            return None
        return row.body.reply_to.root if row.body.reply_to else post

    async def post(self, post: UUID, viewer: UUID | None) -> Card | None:
        """One post; None if it does not show to the viewer."""
        circle = await circle_of(self._reads, viewer)
        circle.muting.clear()
        page = await self._page(one(post), circle, 1)
        return page.cards[0] if page.cards else None

    async def _page(
        self, candidates: AsyncIterator[Candidate], circle: Circle, limit: int, suits: Suits = lambda _: True
    ) -> Timeline:
        """Fill a page. A round looks at what is missing and hardly a card in vain, unless much has been filtered."""
        look, shown, at_least = Look(), list[tuple[Post, UUID]](), 1
        while len(shown) < limit:
            chunk = await take(candidates, max(limit - len(shown), at_least))
            if not chunk:
                break
            at_least = min(2 * at_least, MOST_AT_ONCE)
            authors = {author for candidate in chunk for author in candidate.authors}
            await self._cards.look(look, [candidate.post for candidate in chunk], authors, circle.reader)
            shown += _visible(chunk, circle, look, suits)
        shown = shown[:limit]
        cards = await self._cards.cards([post for post, _ in shown], look)
        more = len(shown) == limit
        return Timeline(cards, shown[-1][1] if more else None)


def _visible(chunk: Sequence[Candidate], circle: Circle, look: Look, suits: Suits) -> list[tuple[Post, UUID]]:
    """The candidates that still stand, with nobody involved who is hidden from the reader or hides from them.

    A post whose author is not known yet does not show: a page must not be cut short for it later.
    """
    hidden = circle.muting | circle.blocking | look.blockers
    visible = []
    for candidate in chunk:
        post = look.posts.get(candidate.post)
        if post is None or post.created.author not in look.people or not suits(post):
            continue
        if hidden.isdisjoint((post.created.author, *candidate.authors)):
            visible.append((post, candidate.order))
    return visible

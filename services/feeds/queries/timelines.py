"""The timelines: candidates, newest first, filtered, until the page is full or the history ends."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from libs.events import Opener, highest_at
from libs.http.shapes import Card
from libs.views import Reads
from services.feeds.calendar import day_of
from services.feeds.handlers.reactions import SAVE
from services.feeds.queries.cards import CardReader, Post, posts_of
from services.feeds.queries.circle import Circle, blockers_among, circle_of, floors_of, horizon_at
from services.feeds.queries.merge import Merge
from services.feeds.queries.streams import author_posts, pushed_posts
from services.feeds.tables import CARDS, REACTIONS_BY, SAVES, THREADS, TOPIC, TOPIC_DAYS, Created

SKEW_MS = 60_000
"""Posts of a gateway whose clock is ahead still show."""

SCAN_PAGE = 24


class Candidate(NamedTuple):
    """A post that may show. `order` is what the next page continues behind."""

    post: UUID
    order: UUID
    authors: tuple[UUID, ...]
    """Whose presence decides: the author and whom the post answers, as far as the timeline knows them."""


class Timeline(NamedTuple):
    """A page: its cards, and what the next one continues behind; None at the end."""

    cards: list[Card]
    after: UUID | None


Rule = Callable[[Sequence[Candidate]], Awaitable[list[Candidate]]]
Suits = Callable[[Post], bool]


def newest(now_ms: int) -> UUID:
    """Above every post there is."""
    return highest_at(now_ms + SKEW_MS)


class Timelines:
    """Reads pages for viewers."""

    def __init__(self, reads: Reads, opener: Opener) -> None:
        """`opener` opens what people wrote."""
        self._reads = reads
        self.cards = CardReader(reads, opener)

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
        candidates = self._topic_posts(topic, after or newest(now_ms))
        return await self._page(candidates, circle, limit, lambda post: topic in post.topics)

    async def saved(self, viewer: UUID, after: UUID | None, limit: int) -> Timeline:
        """What the viewer saved, last saved first."""
        circle = await circle_of(self._reads, viewer)
        return await self._page(self._saves(viewer, after), circle, limit)

    async def thread(self, root: UUID, viewer: UUID | None, after: UUID | None, limit: int) -> Timeline:
        """A thread: its root, then every reply in the order of writing."""
        circle = await circle_of(self._reads, viewer)
        return await self._page(self._thread_posts(root, after), circle, limit)

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
        page = await self._page(_one(post), circle, 1)
        return page.cards[0] if page.cards else None

    async def _page(
        self, candidates: AsyncIterator[Candidate], circle: Circle, limit: int, suits: Suits = lambda _: True
    ) -> Timeline:
        """Fill a page. Only what is missing is looked at in each round, so that no card is read in vain."""
        shown: list[tuple[Post, UUID]] = []
        while len(shown) < limit:
            chunk = await _take(candidates, limit - len(shown))
            if not chunk:
                break
            shown += await self._visible(chunk, circle, suits)
        cards = await self.cards.cards([post for post, _ in shown], circle.reader)
        more = len(shown) == limit
        return Timeline(cards, shown[-1][1] if more else None)

    async def _visible(self, chunk: Sequence[Candidate], circle: Circle, suits: Suits) -> list[tuple[Post, UUID]]:
        posts = await posts_of(self._reads, [candidate.post for candidate in chunk])
        present = [candidate for candidate in chunk if candidate.post in posts]
        authors = {author for candidate in present for author in candidate.authors}
        authors |= {posts[candidate.post].created.author for candidate in present}
        hidden = circle.muting | circle.blocking | await blockers_among(self._reads, circle.reader, authors)
        return [
            (posts[candidate.post], candidate.order)
            for candidate in present
            if suits(posts[candidate.post])
            and hidden.isdisjoint((posts[candidate.post].created.author, *candidate.authors))
        ]

    async def _topic_posts(self, topic: str, below: UUID) -> AsyncIterator[Candidate]:
        async for day in self._topic_days(topic, day_of(below)):
            after = (below,)
            while True:
                rows = await self._reads.scan(TOPIC, (topic, day), after=after, limit=SCAN_PAGE)
                for row in rows:
                    yield Candidate(row.post, row.post, (row.author,))
                if len(rows) < SCAN_PAGE:
                    break
                after = (rows[-1].post,)

    async def _topic_days(self, topic: str, latest: int) -> AsyncIterator[int]:
        day = latest + 1
        while True:
            rows = await self._reads.scan(TOPIC_DAYS, (topic,), after=(day,), limit=1)
            if not rows:
                return
            day = rows[0].day
            yield day

    async def _saves(self, viewer: UUID, after: UUID | None) -> AsyncIterator[Candidate]:
        while True:
            rows = await self._reads.scan(SAVES, (viewer,), after=(after,) if after else (), limit=SCAN_PAGE)
            standing = await self._reads.get_many(REACTIONS_BY, [(viewer, SAVE, row.post) for row in rows])
            for row, reaction in zip(rows, standing, strict=True):
                if reaction is not None and reaction.on and reaction.event == row.event:
                    yield Candidate(row.post, row.event, ())
            if len(rows) < SCAN_PAGE:
                return
            after = rows[-1].event

    async def _thread_posts(self, root: UUID, after: UUID | None) -> AsyncIterator[Candidate]:
        if after is None:
            yield Candidate(root, root, ())
        while True:
            rows = await self._reads.scan(THREADS, (root,), after=(after,) if after else (), limit=SCAN_PAGE)
            for row in rows:
                yield Candidate(row.post, row.post, ())
            if len(rows) < SCAN_PAGE:
                return
            after = rows[-1].post


async def _one(post: UUID) -> AsyncIterator[Candidate]:
    yield Candidate(post, post, ())


async def _take(candidates: AsyncIterator[Candidate], count: int) -> list[Candidate]:
    taken: list[Candidate] = []
    while len(taken) < count:
        candidate = await anext(candidates, None)
        if candidate is None:
            break
        taken.append(candidate)
    return taken

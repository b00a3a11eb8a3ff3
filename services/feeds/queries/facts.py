"""Everything that decides whether one post is in one home, read once."""

import asyncio
from typing import NamedTuple
from uuid import UUID

from libs.people.authorship import FACETS
from libs.projections import Frontier
from libs.views import Reads
from services.feeds.calendar import week_of
from services.feeds.handlers.fanout import BUCKET
from services.feeds.handlers.relationships import BLOCKING, FOLLOWING, MUTING
from services.feeds.tables import (
    AUTHOR,
    BLOCKED_BY,
    CARDS,
    COVERAGE,
    HOME,
    PEOPLE,
    PULLED,
    RELATIONS,
    Coverage,
    Created,
    Deleted,
    HomePost,
    Relation,
    TimelinePost,
)

TOPIC_OF_POSTS, TOPIC_OF_RELATIONS = "posts", "relationships"


class Side(NamedTuple):
    """What stands between the reader and one author. None is what was never decided."""

    account: UUID
    following: Relation | None = None
    muting: Relation | None = None
    blocking: Relation | None = None
    blocked_by: bool = False
    """The author blocks the reader."""
    block: Relation | None = None
    """The author's own decision to."""


class Position(NamedTuple):
    """How far feeds is, beside the end of the log as it was just before the tables were read."""

    posts_folded: bool = True
    """Every event of the post's partition."""
    relations_folded: bool = True
    """Every event of the partition with the reader's decisions."""
    parked: bool = False
    """An event of the post stands aside."""
    relations_parked: bool = False
    """A decision of the reader about others stands aside."""


class Facts(NamedTuple):
    """One post, one reader, one moment. Only `post`, `reader`, `now_ms` and `position` where the post has no card."""

    post: UUID
    reader: UUID
    now_ms: int
    """In milliseconds since 1970 UTC."""
    position: Position | None = None
    """None where no log was asked."""
    created: Created | None = None
    deleted_at: int | None = None
    """When its deletion was decided, in milliseconds since 1970 UTC; None where it was not."""
    known: bool = False
    """Somebody was seen to register as the author."""
    author: Side | None = None
    parent: Side | None = None
    """The author of what the post answers; None where that is the author or the reader, or it answers nothing."""
    coverage: Coverage | None = None
    pulled: bool = False
    """Nothing of the author is pushed."""
    timeline: TimelinePost | None = None
    pushed: HomePost | None = None


class FactReader:
    """Reads facts. Every method raises what the stores raise."""

    def __init__(self, reads: Reads, frontier: Frontier | None = None) -> None:
        """With a `frontier` the facts say how far feeds is."""
        self._reads, self._frontier = reads, frontier

    async def read(self, post: UUID, reader: UUID, now_ms: int) -> Facts:
        """The facts; the position is taken first, so that what it passed is in the tables."""
        position = await self._position(post, reader)
        bodies = [facet.body for facet in await self._reads.scan(CARDS, (post,), limit=FACETS)]
        created = next((body for body in bodies if isinstance(body, Created)), None)
        deleted_at = next((body.at for body in bodies if isinstance(body, Deleted)), None)
        facts = Facts(post, reader, now_ms, position, created, deleted_at)
        return facts if created is None else await self._between(facts, created)

    async def _between(self, facts: Facts, created: Created) -> Facts:
        author, reader, reads = created.author, facts.reader, self._reads
        # Before the pushed row: coverage tells of rows that are durable when it is written.
        coverage, pulled = await asyncio.gather(reads.get(COVERAGE, reader, author), reads.get(PULLED, BUCKET, author))
        side, parent, people, timeline, pushed = await asyncio.gather(
            self._side(reader, author),
            self._parent(reader, created),
            PEOPLE.people(reads, [author]),
            reads.get(AUTHOR, author, facts.post),
            reads.get(HOME, reader, week_of(facts.post), facts.post),
        )
        return facts._replace(
            known=author in people,
            author=side,
            parent=parent,
            coverage=coverage,
            pulled=pulled is not None,
            timeline=timeline,
            pushed=pushed,
        )

    async def _parent(self, reader: UUID, created: Created) -> Side | None:
        reply = created.reply_to
        if reply is None or reply.author in (created.author, reader):
            return None
        return await self._side(reader, reply.author)

    async def _side(self, reader: UUID, account: UUID) -> Side:
        kinds = (FOLLOWING, MUTING, BLOCKING)
        keys = [*((reader, kind, account) for kind in kinds), (account, BLOCKING, reader)]
        (following, muting, blocking, block), blocked = await asyncio.gather(
            self._reads.get_many(RELATIONS, keys), self._reads.get(BLOCKED_BY, reader, account)
        )
        return Side(account, following, muting, blocking, blocked is not None and blocked.on, block)

    async def _position(self, post: UUID, reader: UUID) -> Position | None:
        frontier = self._frontier
        if frontier is None:
            return None
        posts, relations = await asyncio.gather(
            frontier.last(TOPIC_OF_POSTS, post), frontier.last(TOPIC_OF_RELATIONS, reader)
        )
        return Position(
            posts is None or await frontier.passed(posts),
            relations is None or await frontier.passed(relations),
            posts is not None and await frontier.is_parked(posts, post),
            relations is not None and await frontier.is_parked(relations, reader),
        )

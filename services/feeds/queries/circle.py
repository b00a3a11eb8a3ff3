"""Whom a reader follows, mutes and blocks, and from where on what was pushed of each followee is complete."""

import asyncio
from collections.abc import Collection, Mapping
from uuid import UUID

from libs.events import lowest_at
from libs.views import Reads
from services.feeds.calendar import DAY_MS, HOME_DAYS
from services.feeds.handlers.fanout import BUCKET
from services.feeds.handlers.relationships import BLOCKING, FOLLOWING, MUTING
from services.feeds.queries.merge import ABOVE_ALL
from services.feeds.tables import BLOCKED_BY, COVERAGE, PULLED, RELATIONS, Coverage, Relation

MOST_RELATIONS = 20_000
MOST_PULLED = 20_000


class Circle:
    """A reader's relations at the time of the request."""

    def __init__(self, reader: UUID | None, relations: Collection[Relation]) -> None:
        """`relations` are the reader's rows of every kind."""
        on = [relation for relation in relations if relation.on]
        self.reader = reader
        self.muting = {relation.target for relation in on if relation.kind == MUTING}
        self.blocking = {relation.target for relation in on if relation.kind == BLOCKING}
        hidden = self.muting | self.blocking
        self.following = {
            relation.target: relation.event
            for relation in on
            if relation.kind == FOLLOWING and relation.target not in hidden
        }


async def circle_of(reads: Reads, reader: UUID | None) -> Circle:
    """Read a reader's relations; nobody has none."""
    if reader is None:
        return Circle(None, ())
    return Circle(reader, await reads.scan(RELATIONS, (reader,), limit=MOST_RELATIONS))


async def floors_of(reads: Reads, reader: UUID, now_ms: int) -> tuple[Circle, Mapping[UUID, UUID]]:
    """The circle, and per author of the reader's home the post from which pushed rows are complete.

    Read before the pushed rows: coverage tells of rows that are durable when it is written, not before.
    """
    circle, coverage, pulled = await asyncio.gather(
        circle_of(reads, reader),
        reads.scan(COVERAGE, (reader,), limit=MOST_RELATIONS),
        reads.scan(PULLED, (BUCKET,), limit=MOST_PULLED),
    )
    horizon = horizon_at(now_ms)
    floors = _floors(circle, {row.target: row for row in coverage}, {row.author for row in pulled}, horizon)
    floors[reader] = horizon
    return circle, floors


def horizon_at(now_ms: int) -> UUID:
    """Below it pushed rows may have been cleaned away: home reads the timelines."""
    return lowest_at(max(0, now_ms - HOME_DAYS * DAY_MS))


def _floors(
    circle: Circle, coverage: Mapping[UUID, Coverage], pulled: Collection[UUID], horizon: UUID
) -> dict[UUID, UUID]:
    floors = {}
    for author, follow in circle.following.items():
        row = coverage.get(author)
        covered = row is not None and row.follow == follow and author not in pulled
        floors[author] = max(row.covered_from, horizon) if row is not None and covered else ABOVE_ALL
    return floors


async def blockers_among(reads: Reads, reader: UUID | None, authors: Collection[UUID]) -> set[UUID]:
    """Which of these authors block the reader."""
    others = [author for author in authors if author != reader]
    if reader is None or not others:
        return set()
    rows = await reads.get_many(BLOCKED_BY, [(reader, author) for author in others])
    return {row.account for row in rows if row is not None and row.on}

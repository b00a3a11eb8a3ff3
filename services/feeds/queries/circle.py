"""Whom a reader follows, who is hidden from whom, and from where on what was pushed of each followee is complete."""

import asyncio
from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from libs.events import lowest_at
from libs.views import Reads, scan_all
from services.feeds.calendar import DAY_MS, HOME_DAYS
from services.feeds.handlers.fanout import BUCKET
from services.feeds.handlers.relationships import BLOCKING, FOLLOWING, MUTING
from services.feeds.queries.merge import ABOVE_ALL
from services.feeds.tables import BLOCKED_BY, COVERAGE, PULLED, RELATIONS, Coverage, Pulled

FEW_PULLED = 500
"""Authors with many followers that are read at one go. Where there are more, only the followed are asked for."""
MOST_KEYS = 1_000
"""Keys of one `get_many`."""


class Viewer(NamedTuple):
    """For whom a page is; None is anybody."""

    account: UUID | None
    hides: tuple[str, ...] = (MUTING, BLOCKING)
    """Whom of their relations they do not see on this page."""


async def following_of(reads: Reads, account: UUID) -> dict[UUID, UUID]:
    """Whom an account follows and neither mutes nor blocks, with the event of the follow.

    All relations are in one partition, hence in one read where they are not many thousand.
    """
    on = {kind: dict[UUID, UUID]() for kind in (FOLLOWING, MUTING, BLOCKING)}
    async for row in scan_all(reads, RELATIONS, (account,)):
        if row.on:
            on[row.kind][row.target] = row.event
    hidden = on[MUTING].keys() | on[BLOCKING].keys()
    return {target: event for target, event in on[FOLLOWING].items() if target not in hidden}


async def floors_of(reads: Reads, reader: UUID, now_ms: int) -> Mapping[UUID, UUID]:
    """Per author of the reader's home, the reader among them, the post from which pushed rows are complete.

    Read before the pushed rows: coverage tells of rows that are durable when it is written, not before.
    """
    following, coverage, pulled = await asyncio.gather(
        following_of(reads, reader), _coverage_of(reads, reader), reads.scan(PULLED, (BUCKET,), limit=FEW_PULLED)
    )
    if len(pulled) == FEW_PULLED:
        pulled = await _pulled_among(reads, following.keys() & coverage.keys())
    horizon = horizon_at(now_ms)
    floors = _floors(following, coverage, {row.author for row in pulled}, horizon)
    floors[reader] = horizon
    return floors


async def _coverage_of(reads: Reads, reader: UUID) -> dict[UUID, Coverage]:
    return {row.target: row async for row in scan_all(reads, COVERAGE, (reader,))}


async def _pulled_among(reads: Reads, authors: Collection[UUID]) -> list[Pulled]:
    asked = [(BUCKET, author) for author in authors]
    chunks = [asked[begin : begin + MOST_KEYS] for begin in range(0, len(asked), MOST_KEYS)]
    found = await asyncio.gather(*(reads.get_many(PULLED, chunk) for chunk in chunks))
    return [row for rows in found for row in rows if row is not None]


def horizon_at(now_ms: int) -> UUID:
    """Below it pushed rows may have been cleaned away: home reads the timelines."""
    return lowest_at(max(0, now_ms - HOME_DAYS * DAY_MS))


def _floors(
    following: Mapping[UUID, UUID], coverage: Mapping[UUID, Coverage], pulled: Collection[UUID], horizon: UUID
) -> dict[UUID, UUID]:
    floors = {}
    for author, follow in following.items():
        row = coverage.get(author)
        covered = row is not None and row.follow == follow and author not in pulled
        floors[author] = max(row.covered_from, horizon) if row is not None and covered else ABOVE_ALL
    return floors


async def hidden_among(reads: Reads, viewer: Viewer, authors: Collection[UUID]) -> set[UUID]:
    """Which of these authors the reader does not see: those who block the reader, and whom the reader hides.

    Only these are looked up, however many others the reader hides. At most 500 authors.
    """
    blockers, hidden = await asyncio.gather(
        blockers_among(reads, viewer.account, authors), _hidden_by(reads, viewer, authors)
    )
    return blockers | hidden


async def blockers_among(reads: Reads, reader: UUID | None, authors: Collection[UUID]) -> set[UUID]:
    """Which of these authors block the reader."""
    others = [author for author in authors if author != reader]
    if reader is None or not others:
        return set()
    rows = await reads.get_many(BLOCKED_BY, [(reader, author) for author in others])
    return {row.account for row in rows if row is not None and row.on}


async def _hidden_by(reads: Reads, viewer: Viewer, authors: Collection[UUID]) -> set[UUID]:
    account = viewer.account
    if account is None or not viewer.hides or not authors:
        return set()
    rows = await reads.get_many(RELATIONS, [(account, kind, author) for kind in viewer.hides for author in authors])
    return {row.target for row in rows if row is not None and row.on}

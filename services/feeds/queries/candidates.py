"""Where pages come from: posts that may show, in the order of the page, read as far as they are asked for."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple
from uuid import UUID

from libs.events import lowest_at
from libs.views import Reads
from services.feeds.calendar import day_of
from services.feeds.handlers.reactions import SAVE
from services.feeds.tables import REACTIONS_BY, SAVES, THREADS, TOPIC, TOPIC_DAYS, TopicPost

SCAN_PAGE = 24

MOST_DAYS = 16
"""Days of a topic that are read together, where those before them did not fill the page."""

DAY_ROWS = 100
"""Rows of days read at once: each source partition notes a day for itself."""

BEFORE_ALL = lowest_at(0)


class Candidate(NamedTuple):
    """A post that may show. `order` is what the next page continues behind."""

    post: UUID
    order: UUID
    authors: tuple[UUID, ...]
    """Whose presence decides: the author and whom the post answers, as far as the timeline knows them."""
    may_show: bool = True
    """False for a row that the timeline itself passes over: it costs a look and moves the page on."""


async def topic_posts(reads: Reads, topic: str, below: UUID) -> AsyncIterator[Candidate]:
    """What was filed under a topic, newest first; some may name it no more."""
    days, at_once = _topic_days(reads, topic, day_of(below)), 1
    while some := [day async for day in _next(days, at_once)]:
        for day, rows in zip(some, await _first_rows(reads, topic, some, below), strict=True):
            async for row in _whole_day(reads, topic, day, rows):
                yield Candidate(row.post, row.post, (row.author,))
        at_once = min(2 * at_once, MOST_DAYS)


async def _topic_days(reads: Reads, topic: str, latest: int) -> AsyncIterator[int]:
    """The days on which it has posts, newest first. Most pages want the newest alone."""
    day, limit = latest + 1, 1
    while True:
        rows = await reads.scan(TOPIC_DAYS, (topic,), after=(day,), limit=limit)
        for day in dict.fromkeys(row.day for row in rows):
            yield day
        if len(rows) < limit:
            return
        limit = DAY_ROWS


async def _next(days: AsyncIterator[int], count: int) -> AsyncIterator[int]:
    for _ in range(count):
        day = await anext(days, None)
        if day is None:
            return
        yield day


async def _first_rows(reads: Reads, topic: str, days: Sequence[int], below: UUID) -> list[list[TopicPost]]:
    """Of each day. Only the newest may hold posts that are not below, and it comes alone."""
    if len(days) == 1:
        return [await reads.scan(TOPIC, (topic, days[0]), after=(below,), limit=SCAN_PAGE)]
    return await reads.scan_many(TOPIC, [(topic, day) for day in days], limit=SCAN_PAGE)


async def _whole_day(reads: Reads, topic: str, day: int, rows: list[TopicPost]) -> AsyncIterator[TopicPost]:
    """A day's posts, of which these come first."""
    while True:
        for row in rows:
            yield row
        if len(rows) < SCAN_PAGE:
            return
        rows = await reads.scan(TOPIC, (topic, day), after=(rows[-1].post,), limit=SCAN_PAGE)


async def saves(reads: Reads, viewer: UUID, after: UUID | None) -> AsyncIterator[Candidate]:
    """What an account has saved, last saved first; what it took off again or saved anew later may not show."""
    while True:
        rows = await reads.scan(SAVES, (viewer,), after=(after,) if after else (), limit=SCAN_PAGE)
        standing = await reads.get_many(REACTIONS_BY, [(viewer, SAVE, row.post) for row in rows])
        for row, reaction in zip(rows, standing, strict=True):
            stands = reaction is not None and reaction.on and reaction.event == row.event
            yield Candidate(row.post, row.event, (), stands)
        if len(rows) < SCAN_PAGE:
            return
        after = rows[-1].event


async def thread_posts(reads: Reads, root: UUID, after: UUID | None) -> AsyncIterator[Candidate]:
    """A thread's root, then every reply in the order of writing.

    The root's place is before every id: a reply by a gateway whose clock is behind has an id below the root's.
    """
    if after is None:
        after = BEFORE_ALL
        yield Candidate(root, after, ())
    while True:
        rows = await reads.scan(THREADS, (root,), after=(after,), limit=SCAN_PAGE)
        for row in rows:
            yield Candidate(row.post, row.post, ())
        if len(rows) < SCAN_PAGE:
            return
        after = rows[-1].post


async def one(post: UUID) -> AsyncIterator[Candidate]:
    """Just this post."""
    yield Candidate(post, post, ())


async def take(candidates: AsyncIterator[Candidate], count: int, most: int) -> list[Candidate]:
    """The next `count` that may show and what is passed over among them, `most` in all; none only at the end."""
    taken: list[Candidate] = []
    while count > 0 and len(taken) < most:
        candidate = await anext(candidates, None)
        if candidate is None:
            break
        taken.append(candidate)
        count -= candidate.may_show
    return taken

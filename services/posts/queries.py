"""What commands ask before they decide. The answers are advice: the fold is the arbiter."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

from libs.events import ReplyTo, time_of
from libs.events.ids import is_v7
from libs.events.posts import TOPIC
from libs.http import Problem
from libs.log import Place
from libs.people.authorship import FACETS
from libs.projections import Frontier
from libs.views import Reads
from services.posts import problems
from services.posts.tables import BLOCKS, POSTS, Edited, Gone, PostFacet, Written

FRESH_MS = 24 * 3_600_000
PATIENCE = 8.0
"""Seconds: longer than a worker is away while it is replaced, so that a rolling update fails nobody's request."""
FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.005, 0.2, 1.6
MOST_WAITING = 100
"""Requests of this process that wait for posts at the same time; those beyond it are told at once to come again."""


class KnownPost(NamedTuple):
    """A post as commands see it."""

    id: UUID
    author: UUID
    reply_to: ReplyTo | None
    revision: int
    deleted: bool


class PostQueries:
    """Reads the tables of posts."""

    def __init__(
        self,
        reads: Reads,
        frontier: Frontier,
        clock_ms: Callable[[], int],
        *,
        patience: float = PATIENCE,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """`clock_ms` tells the time in milliseconds since 1970 UTC; `patience` in seconds."""
        self._reads, self._frontier, self._clock_ms = reads, frontier, clock_ms
        self._patience, self._most_waiting, self._waiting = patience, most_waiting, 0

    async def find(self, post: UUID) -> KnownPost | None:
        """A post that still stands. Raises CATCHING_UP, as `look_up` does."""
        known = await self.look_up(post)
        return None if known is None or known.deleted else known

    async def look_up(self, post: UUID) -> KnownPost | None:
        """A post that was ever written.

        One that the tables do not have, though its id is of today, is waited for until all is folded that stood in
        the log before: whoever saw it in a timeline must be able to answer it. An id that somebody made up is
        therefore refused at once, unless the projection is behind. Raises the Problem CATCHING_UP where it stays so.
        """
        known = await self._look(post)
        if known is not None or not self._is_fresh(post):
            return known
        last = await self._frontier.last(TOPIC, post)
        if last is None:
            return None
        if await self._frontier.passed(last):  # before the look: what is passed by then shows
            return await self._look(post)
        with self._waiting_room():
            return await self._wait_for(post, last)

    async def _wait_for(self, post: UUID, last: Place) -> KnownPost | None:
        """Every look costs two reads, hence pauses that grow."""
        loop, pause = asyncio.get_running_loop(), FIRST_PAUSE
        deadline = loop.time() + self._patience
        while (left := deadline - loop.time()) > 0:
            await asyncio.sleep(min(pause, left))
            pause = min(pause * GROWTH, LONGEST_PAUSE)
            passed = await self._frontier.passed(last)
            known = await self._look(post)
            if known is not None or passed:
                return known
        raise _catching_up()

    @contextmanager
    def _waiting_room(self) -> Iterator[None]:
        if self._waiting >= self._most_waiting:
            raise _catching_up()
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def _look(self, post: UUID) -> KnownPost | None:
        return _known(await self._reads.scan(POSTS, (post,), limit=FACETS))

    async def blocks(self, account: UUID, target: UUID) -> bool:
        """Whether `account` blocks `target`."""
        return await BLOCKS.blocks(self._reads, account, target)

    def _is_fresh(self, post: UUID) -> bool:
        return is_v7(post) and abs(self._clock_ms() - time_of(post)) < FRESH_MS


def _catching_up() -> Problem:
    return problems.CATCHING_UP("This post is newer than what we know.", headers={"Retry-After": "1"})


def _known(facets: Sequence[PostFacet]) -> KnownPost | None:
    written: Written | None = None
    revision, deleted = 0, False
    for facet in facets:
        match facet.body:
            case Written() as written:
                pass
            case Edited(number=number):
                revision = max(revision, number)
            case Gone():
                deleted = True
    if written is None:
        return None
    return KnownPost(facets[0].post, written.author, written.reply_to, revision, deleted)

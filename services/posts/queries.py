"""What commands ask before they decide. The answers are advice: the fold is the arbiter."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from libs.events import ReplyTo, time_of
from libs.views import Reads
from services.posts.tables import BLOCKS, POSTS, Edited, Gone, PostFacet, Written

FACETS = 3
PATIENCE = 1.5
PAUSE = 0.02
YOUNG_MS = 60_000


class KnownPost(NamedTuple):
    """A post as commands see it."""

    id: UUID
    author: UUID
    reply_to: ReplyTo | None
    revision: int
    deleted: bool


class PostQueries:
    """Reads the tables of posts."""

    def __init__(self, reads: Reads, clock_ms: Callable[[], int]) -> None:
        """`clock_ms` tells the time in milliseconds since 1970 UTC."""
        self._reads, self._clock_ms = reads, clock_ms

    async def find(self, post: UUID) -> KnownPost | None:
        """A post that still stands.

        One so young that this projection may not have it yet is waited for a little: whoever saw it in a
        timeline must be able to answer it.
        """
        deadline = asyncio.get_running_loop().time() + (PATIENCE if self._is_young(post) else 0)
        while True:
            known = _known(await self._reads.scan(POSTS, (post,), limit=FACETS))
            if known is not None:
                return None if known.deleted else known
            if asyncio.get_running_loop().time() >= deadline:
                return None
            await asyncio.sleep(PAUSE)

    async def blocks(self, account: UUID, target: UUID) -> bool:
        """Whether `account` blocks `target`."""
        return await BLOCKS.blocks(self._reads, account, target)

    def _is_young(self, post: UUID) -> bool:
        try:
            return abs(self._clock_ms() - time_of(post)) < YOUNG_MS
        except ValueError:
            return False


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

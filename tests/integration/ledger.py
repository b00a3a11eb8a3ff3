"""What people were told: each request that changes something, and how often the log must therefore hold it.

What someone does to one thing (a like of one post, a text, a follow of one account) is a story: a sequence of deeds.
"""

import itertools
from collections import defaultdict
from typing import NamedTuple
from uuid import UUID

import msgspec

from qiao.load.connection import Reply
from qiao.load.lanes import Lane
from tests.integration.asking import Asker, Request, Tries

Story = tuple[str, ...]
"""What is done to what: ("like", account, post), ("text", text), ("follow", account, target), ..."""


class Deed(NamedTuple):
    """One request and what came of it: how often the log must hold it at least, and may hold it at most."""

    sign: str
    least: int
    most: int


class Ledger(Asker):
    """Asks, and notes every deed."""

    def __init__(self) -> None:
        """Nothing was done yet."""
        super().__init__()
        self.stories: dict[Story, list[Deed]] = defaultdict(list)
        self.ids: dict[Story, UUID] = {}
        """Which id an acknowledged registration or post was given."""
        self._keys = itertools.count()

    async def write(self, lane: Lane, story: Story, sign: str, request: Request) -> Reply:
        """One deed. A POST gets a key, so that repeating it makes nothing twice."""
        if request.method == "POST":
            request = msgspec.structs.replace(request, key=f"key-{next(self._keys)}")
        tries, status = Tries(), 0
        try:
            reply = await self.answer(lane, request, tries)
            status = reply.status
            return reply
        finally:
            self.stories[story].append(_deed(sign, status, tries.number))


def _deed(sign: str, status: int, tries: int) -> Deed:
    """Every try that was not answered may have been written, or not. A repeated toggle may be there for each try."""
    if not status:
        return Deed(sign, 0, tries)
    return Deed(sign, 1, tries) if status < 300 else Deed(sign, 0, tries - 1)

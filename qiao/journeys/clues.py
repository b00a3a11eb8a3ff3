"""What the tables of feeds tell about a post's events: the clues by which the log shows them."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from libs.events import time_of
from libs.events.ids import is_v7
from libs.projections import total
from libs.views import Reads, scan_all
from qiao.journeys.finding import Clue
from services.feeds.handlers.reactions import LIKE, SAVE, TALLY_OF
from services.feeds.queries.cards import TALLY_ROWS
from services.feeds.tables import (
    CARDS,
    REACTIONS_BY,
    REACTIONS_ON,
    REPLIES,
    TALLIES,
    CardFacet,
    Created,
    Deleted,
    ReactionBy,
    Revision,
)

_TYPES = {
    (LIKE, True): "PostLiked",
    (LIKE, False): "PostUnliked",
    (SAVE, True): "PostSaved",
    (SAVE, False): "PostUnsaved",
}


class Clues(NamedTuple):
    """Where to look, and how much was left out."""

    clues: Sequence[Clue]
    left_out: int


async def clues_of(reads: Reads, post: UUID, most: int) -> Clues:
    """The post's creation, edits, deletion; then its likes, saves and replies, at most so many of each.

    A reaction is found by the toggle that stands: an earlier one of the same account left no row. Raises
    ViewsUnavailable.
    """
    own = [_own(facet) async for facet in scan_all(reads, CARDS, (post,))]
    created = Clue("posts", str(post), time_of(post), "PostCreated")
    tallies = await reads.scan(TALLIES, (post,), limit=TALLY_ROWS)
    found = await asyncio.gather(
        _reactions(reads, post, LIKE, most), _reactions(reads, post, SAVE, most), _replies(reads, post, most)
    )
    counts = (total(tallies, kind) for kind in (TALLY_OF[LIKE], TALLY_OF[SAVE], "replies"))
    left_out = sum(max(0, count - len(clues)) for count, clues in zip(counts, found, strict=True) if len(clues) == most)
    changes = [clue for clue in own if clue is not None]
    return Clues([created, *changes, *(clue for clues in found for clue in clues)], left_out)


def _own(facet: CardFacet) -> Clue | None:
    match facet.body:
        case Revision(at=at):
            return Clue("posts", str(facet.post), at, "PostEdited", exact=True)
        case Deleted(at=at):
            return Clue("posts", str(facet.post), at, "PostDeleted", exact=True)
        case Created():
            return None


async def _reactions(reads: Reads, post: UUID, kind: str, most: int) -> list[Clue]:
    rows = await reads.scan(REACTIONS_ON, (post,), prefix=(kind,), limit=most)
    toggles = await reads.get_many(REACTIONS_BY, [(row.account, kind, post) for row in rows])
    return [_reaction(row) for row in toggles if row is not None and is_v7(row.event)]


def _reaction(row: ReactionBy) -> Clue:
    return Clue("reactions", str(row.account), time_of(row.event), _TYPES[row.kind, row.on], event=row.event)


async def _replies(reads: Reads, post: UUID, most: int) -> list[Clue]:
    rows = await reads.scan(REPLIES, (post,), limit=most)
    return [Clue("posts", str(row.post), time_of(row.post), "PostCreated") for row in rows]

"""How each tally is counted afresh from its membership rows: (reads, subject, source partition) -> count."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from libs.projections import Recount
from libs.views import Key, Reads, Table, scan_all
from services.feeds.handlers.reactions import LIKE, SAVE
from services.feeds.handlers.relationships import FOLLOWING
from services.feeds.tables import FOLLOWERS, REACTIONS_ON, RELATIONS, REPLIES


def _members(table: Table[Any], prefix: Key, *, by_source: bool) -> Recount:
    """Counts the rows that are on, of one subject; of one source partition where the table tells them apart."""

    async def recount(reads: Reads, subject: UUID, source: int) -> int:
        fixed = (*prefix, source) if by_source else prefix
        count = 0
        async for row in scan_all(reads, table, (subject,), prefix=fixed):
            count += bool(row.on)
        return count

    return recount


RECOUNTS: Mapping[str, Recount] = {
    "likes": _members(REACTIONS_ON, (LIKE,), by_source=True),
    "saves": _members(REACTIONS_ON, (SAVE,), by_source=True),
    "replies": _members(REPLIES, (), by_source=True),
    "followers": _members(FOLLOWERS, (), by_source=True),
    "following": _members(RELATIONS, (FOLLOWING,), by_source=False),
}

"""Putting one row right, beside live folding: by stamps, so that whatever is folded meanwhile outranks the repair."""

from typing import Literal

import msgspec

from libs.projections.auditing.drift import Found
from libs.projections.tables import Tally
from libs.views import Put, Views
from libs.views.port import EXPIRY_MARGIN
from libs.views.stamp import REVISION_BITS

REVISIONS = 1 << REVISION_BITS
TRIES = 3
GONE_WITHIN = 60
"""Seconds until an extra row is gone: nothing is deleted in views, what is rewritten so that it expires vanishes."""


Repaired = Literal["repaired", "vanishing", "not repaired"]
"""vanishing: an extra row was written so that it expires. That shows only later, and not at all where what wrote the
row outranks every stamp of ours: nobody can tell from the row."""


async def repair(views: Views, found: Found, now: float) -> Repaired:
    """Write the row as it should be, and look whether it stands then. `now` in seconds since 1970 UTC.

    "not repaired" where it cannot be, or something newer has been folded meanwhile: audit the key again.
    Raises ViewsUnavailable, RowRefused.
    """
    if found.cure is None:
        return "not repaired"
    if found.drift.kind == "extra":
        await views.write([_vanishing(found.cure, now)])
        return "vanishing"
    for put in _puts(found, found.cure):
        await views.write([put])
        if await views.get(put.table, *put.table.key_of(put.row)) == put.row:
            return "repaired"
    return "not repaired"


def _puts(found: Found, cure: Put) -> list[Put]:
    """A tally at the stamp that it was seen under; a row one revision up, then above all that was folded."""
    if isinstance(cure.row, Tally):
        return [cure]
    below = [cure.stamp + up for up in range(1, TRIES + 1) if (cure.stamp + up) // REVISIONS == cure.stamp // REVISIONS]
    above = [found.latest + up for up in range(TRIES)]
    return [msgspec.structs.replace(cure, stamp=at) for at in (*below, *above) if at > cure.stamp]


def _vanishing(cure: Put, now: float) -> Put:
    return msgspec.structs.replace(cure, expires_at=int(now) - EXPIRY_MARGIN + GONE_WITHIN)

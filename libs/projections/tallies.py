"""Tallies are exact: a delta counts once, whatever is repeated, lost half-way or done by a zombie.

The host reads each tally row after the batch's last handler read, never from memory, and applies only deltas whose
stamp lies above the row's. Facts: a model over all crash points shows that any other order miscounts.
"""

from collections.abc import Mapping, Sequence

from libs.projections.batch import Delta, TallyKey
from libs.projections.failures import TooManyRepairs
from libs.projections.projection import Projection
from libs.projections.tables import Tally
from libs.views import Put, Reads, Table
from libs.views.stamp import REVISION_BITS

REVISIONS = 1 << REVISION_BITS


def apply(key: TallyKey, stored: Tally | None, deltas: Sequence[Delta]) -> Tally | None:
    """The row after those deltas that it does not hold yet; None if it holds them all."""
    count, at = (stored.count, stored.at) if stored else (0, -1)
    fresh = [delta for delta in deltas if delta.stamp > at]
    if not fresh:
        return None
    return Tally(*key, count + sum(delta.change for delta in fresh), max(delta.stamp for delta in fresh))


async def tally_puts(projection: Projection, reads: Reads, deltas: Mapping[TallyKey, Sequence[Delta]]) -> list[Put]:
    """Read the rows that the deltas touch and return what to write."""
    if not deltas:
        return []
    table = _table(projection)
    keys = list(deltas)
    stored = await get_all(reads, table, keys)
    rows = (apply(key, row, deltas[key]) for key, row in zip(keys, stored, strict=True))
    return [Put(table, row, row.at) for row in rows if row is not None]


async def get_all(reads: Reads, table: Table[Tally], keys: Sequence[TallyKey]) -> list[Tally | None]:
    """`get_many` in slices that respect its bound."""
    rows: list[Tally | None] = []
    for begin in range(0, len(keys), 500):
        chunk = keys[begin : begin + 500]
        rows += await reads.get_many(table, [(key.subject, key.kind, key.source) for key in chunk])
    return rows


async def recount_puts(projection: Projection, reads: Reads, tallies: Sequence[TallyKey], at: int) -> list[Put]:
    """Count tallies afresh from their membership rows, after an event was folded out of its turn.

    `at` is the stamp of the newest event folded so far: whatever is at or below it has its membership rows by now. The
    rewritten row outranks the stored one by a revision, so that later deltas still apply on top of it. Raises
    TooManyRepairs once all revisions of one stamp are used.
    """
    if not tallies:
        return []
    table = _table(projection)
    puts = []
    for key in tallies:
        stored = await reads.get(table, *key)
        count = await projection.recounts[key.kind](reads, key.subject, key.source)
        if stored is None or stored.count != count:
            stands_at = _above(at, stored)
            puts.append(Put(table, Tally(*key, count, stands_at), stands_at))
    return puts


def _above(at: int, stored: Tally | None) -> int:
    if stored is None or stored.at < at:
        return at
    if stored.at % REVISIONS == REVISIONS - 1:
        raise TooManyRepairs(f"{stored.kind} of {stored.subject} was recounted too often since the last event")
    return stored.at + 1


def _table(projection: Projection) -> Table[Tally]:
    if projection.tallies is None:
        raise LookupError(f"projection {projection.name} declares no tally table")
    return projection.tallies

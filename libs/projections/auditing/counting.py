"""Tallies as they stand beside what is counted afresh: from membership rows, and from the log where they differ."""

from typing import NamedTuple

import msgspec

from libs.projections.amendments import Amendments
from libs.projections.auditing.comparing import Subject
from libs.projections.auditing.drift import Found
from libs.projections.auditing.expecting import CannotFold, Expected, fold_history
from libs.projections.auditing.histories import Range, keys_that_mention, of_keys
from libs.projections.batch import TallyKey
from libs.projections.projection import Need, Projection
from libs.projections.tables import Tally
from libs.projections.tallies import REVISIONS
from libs.views import Put, Reads

MOST_KEYS = 5_000
"""Keys whose histories are folded for one tally. Of what more have a part in, only the membership rows are counted."""

CHUNK = 200
"""Keys whose histories are held at once."""


class Count(NamedTuple):
    """A tally row, and how many members the rows behind it have."""

    row: Tally | None
    members: int

    @property
    def agrees(self) -> bool:
        """No row is a count of nothing."""
        return (self.row.count if self.row else 0) == self.members


async def count_of(projection: Projection, live: Reads, key: TallyKey) -> Count | None:
    """As it stands now; None if it changed meanwhile. Raises ViewsUnavailable."""
    if projection.tallies is None:
        raise LookupError(f"projection {projection.name} declares no tally table")
    before = await live.get(projection.tallies, *key)
    members = await projection.recounts[key.kind](live, key.subject, key.source)
    return Count(before, members) if await live.get(projection.tallies, *key) == before else None


class Contributions(NamedTuple):
    """What the log says of one tally."""

    total: int
    expected: dict[str, Expected]
    """What each key that has a part in it should have left, by key."""


async def contributions(
    projection: Projection, epoch: int, range_: Range, amendments: Amendments, tally: TallyKey
) -> Contributions | None:
    """Fold all who may have a part in a tally; None where they are too many, or one cannot be folded.

    Relies on it that what an event counts, its data name.
    """
    keys = sorted(await keys_that_mention(range_, str(tally.subject)))
    if len(keys) > MOST_KEYS:
        return None
    found: dict[str, Expected] = {}
    for begin in range(0, len(keys), CHUNK):
        chunk = keys[begin : begin + CHUNK]
        histories = await of_keys(range_, chunk)
        if len(histories) < len(chunk):
            return None
        try:
            found |= {key: fold_history(projection, epoch, each, amendments) for key, each in histories.items()}
        except CannotFold:
            return None
    return Contributions(sum(each.counts[tally] for each in found.values()), found)


def told(subject: Subject, projection: Projection, key: TallyKey, count: Count, logged: int | None) -> Found:
    """A tally that is wrong."""
    if projection.tallies is None:
        raise LookupError(f"projection {projection.name} declares no tally table")
    at = _above(count.row, subject.ground.latest)
    should = Tally(*key, count.members if logged is None else logged, at)
    why = f"the tally says {count.row.count if count.row else 0}, its membership rows say {count.members}, " + (
        "the log was not asked: too many have a part in it" if logged is None else f"the log says {logged}"
    )
    drift = subject.drift(Need(projection.tallies, tuple(key)), "count", count.row, should)
    return Found(
        msgspec.structs.replace(drift, why=why),
        Put(projection.tallies, should, at),
        seen=count.row,
        latest=subject.ground.latest,
    )


def _above(row: Tally | None, latest: int) -> int:
    """One revision up. Of what is folded after the row was seen, the stamp is higher still."""
    if row is None or row.at % REVISIONS == REVISIONS - 1:
        return latest
    return row.at + 1

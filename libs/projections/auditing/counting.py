"""Tallies as they stand beside what is counted afresh: from membership rows, and from the log where they differ."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from libs.projections.amendments import Amendments
from libs.projections.auditing.comparing import Subject
from libs.projections.auditing.disputing import Parting
from libs.projections.auditing.drift import EventRef, Found
from libs.projections.auditing.expecting import CannotFold, Counted, Expected, fold_history
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

    counted: list[Counted]
    """Every change of it, in the order of the log."""
    expected: dict[str, Expected]
    """What each key that has a part in it should have left, by key."""

    @property
    def total(self) -> int:
        """What it should be."""
        return sum(each.change for each in self.counted)


async def contributions(
    projection: Projection, epoch: int, range_: Range, amendments: Amendments, tally: TallyKey
) -> Contributions | None:
    """Fold all who may have a part in a tally; None where they are too many, or one cannot be folded.

    Relies on it that what an event counts, its data name.
    """
    keys = sorted(await keys_that_mention(range_, str(tally.subject)) | _amended(projection, range_, amendments))
    if len(keys) > MOST_KEYS:
        return None
    found: dict[str, Expected] = {}
    for begin in range(0, len(keys), CHUNK):
        chunk = keys[begin : begin + CHUNK]
        histories = await of_keys(range_, chunk)
        if len(histories) < len(chunk):
            return None
        try:
            for key, history in histories.items():
                found[key] = await fold_history(projection, epoch, history, amendments)
        except CannotFold:
            return None
    counted = [change for each in found.values() for change in each.counted.get(tally, ())]
    return Contributions(sorted(counted, key=lambda each: each.stamp), found)


def _amended(projection: Projection, range_: Range, amendments: Amendments) -> set[str]:
    """Keys with events that are folded with other data than the log's: these may be about anything."""
    decided = amendments.about(projection.name).items()
    return {one.subject for place, several in decided if place[:2] == range_.place for one in several}


def told(subject: Subject, projection: Projection, key: TallyKey, count: Count, logged: Contributions | None) -> Found:
    """A tally that is wrong."""
    if projection.tallies is None:
        raise LookupError(f"projection {projection.name} declares no tally table")
    at = _above(count.row, subject.ground.latest)
    should = Tally(*key, count.members if logged is None else logged.total, at)
    why = f"the tally says {count.row.count if count.row else 0}, its membership rows say {count.members}, " + (
        "the log was not asked: too many have a part in it" if logged is None else f"the log says {logged.total}"
    )
    drift = subject.drift(Need(projection.tallies, tuple(key)), "count", count.row, should)
    agreed, parted = _parting(count.row, logged.counted if logged else ())
    return Found(
        msgspec.structs.replace(drift, why=why, agreed=agreed, parted=parted),
        Put(projection.tallies, should, at),
        latest=subject.ground.latest,
    )


def told_disputed(subject: Subject, projection: Projection, key: TallyKey, count: Count, parting: Parting) -> Found:
    """A tally that is as its handlers count, beside membership rows as they write them. Nothing cures that."""
    if projection.tallies is None:
        raise LookupError(f"projection {projection.name} declares no tally table")
    why = (
        f"the tally says {count.row.count if count.row else 0}, its membership rows say {count.members}, "
        "and so the handlers fold it: they count otherwise than they list"
    )
    drift = subject.drift(Need(projection.tallies, tuple(key)), "count", count.row, count.row)
    return Found(msgspec.structs.replace(drift, why=why, agreed=parting.agreed, parted=parting.parted), None)


def _parting(row: Tally | None, counted: Sequence[Counted]) -> tuple[EventRef | None, EventRef | None]:
    """Up to which event the tally was right, and which it lacks; or which it had counted in when it was wrong."""
    if row is None:
        return None, counted[0].event if counted else None
    before = [each for each in counted if each.stamp <= row.at]
    after = [each for each in counted if each.stamp > row.at]
    if after and before and sum(each.change for each in before) == row.count:
        return before[-1].event, after[0].event
    return None, before[-1].event if before else None


def _above(row: Tally | None, latest: int) -> int:
    """One revision up. Of what is folded after the row was seen, the stamp is higher still."""
    if row is None or row.at % REVISIONS == REVISIONS - 1:
        return latest
    return row.at + 1

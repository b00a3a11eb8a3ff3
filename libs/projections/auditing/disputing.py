"""Where handlers count otherwise than they list: a tally and its membership rows, both as the events make them.

Nothing stands that the handlers did not mean, so nothing can be repaired before one of them is mended.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from libs.projections.auditing.drift import EventRef
from libs.projections.auditing.expecting import Expected
from libs.projections.batch import TallyKey
from libs.projections.projection import Projection
from libs.views import Key, Put, Reads, Table
from libs.views.overlay import Overlay

R = TypeVar("R", bound=msgspec.Struct)


class Parting(NamedTuple):
    """The last event after which both agree, if any, and the one after which they part."""

    agreed: EventRef | None
    parted: EventRef


async def dispute_about(projection: Projection, tally: TallyKey, expected: Iterable[Expected]) -> Parting | None:
    """Where the handlers themselves part, by the histories of all that have a part in it; None where they agree."""
    histories = list(expected)
    events = _events(histories)
    if await _agree(projection, tally, histories, events):
        return None
    low, high = 0, len(events)
    while high - low > 1:
        middle = (low + high) // 2
        agree = await _agree(projection, tally, histories, events[:middle])
        low, high = (middle, high) if agree else (low, middle)
    return Parting(events[low - 1] if low else None, events[high - 1])


def _events(histories: Sequence[Expected]) -> list[EventRef]:
    """All that wrote or counted anything, in the order of their partition."""
    found = {wrote.event for each in histories for several in each.rows.values() for wrote in several}
    found |= {one.event for each in histories for counted in each.counted.values() for one in counted}
    return sorted(found, key=_offset)


async def _agree(
    projection: Projection, tally: TallyKey, histories: Sequence[Expected], events: Sequence[EventRef]
) -> bool:
    """Whether both say the same after these events."""
    last = _offset(events[-1]) if events else -1
    counted = [one for each in histories for one in each.counted.get(tally, ()) if _offset(one.event) <= last]
    rows = Overlay(_Nothing(), _rows(histories, last))
    members = await projection.recounts[tally.kind](rows, tally.subject, tally.source)
    return members == sum(one.change for one in counted)


def _rows(histories: Sequence[Expected], last: int) -> list[Put]:
    """What they have written up to an offset."""
    kept = (
        [wrote.put for wrote in several if _offset(wrote.event) <= last]
        for each in histories
        for several in each.rows.values()
    )
    return [puts[-1] for puts in kept if puts]


def _offset(event: EventRef) -> int:
    return int(event.place.rpartition("@")[2])


class _Nothing(Reads):
    """Tables without a row."""

    async def get(self, table: Table[R], *key: object) -> R | None:
        """See `Reads.get`."""
        return None

    async def get_many(self, table: Table[R], keys: Sequence[Key]) -> list[R | None]:
        """See `Reads.get_many`."""
        return [None] * len(keys)

    async def scan(self, table: Table[R], partition: Key, *, prefix: Key = (), after: Key = (), limit: int) -> list[R]:
        """See `Reads.scan`."""
        return []

    async def scan_many(
        self, table: Table[R], partitions: Sequence[Key], *, prefix: Key = (), limit: int
    ) -> list[list[R]]:
        """See `Reads.scan_many`."""
        return [[] for _ in partitions]

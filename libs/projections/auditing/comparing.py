"""Rows as they stand beside rows as they should be."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from libs.projections.auditing.drift import Drift, EventRef, Found, Kind, key_text, row_text
from libs.projections.auditing.expecting import Expected, Wrote
from libs.projections.auditing.ground import Ground
from libs.projections.projection import Need
from libs.views import Key, Reads, Table

GET_MANY = 100


class Subject(NamedTuple):
    """Whose rows are compared."""

    projection: str
    ground: Ground
    key: str

    def drift(self, need: Need, kind: Kind, stands: msgspec.Struct | None, should: msgspec.Struct | None) -> Drift:
        """A drift of one row."""
        topic, number = self.ground.place
        return Drift(
            projection=self.projection,
            table=need.table.name,
            kind=kind,
            topic=topic,
            partition=number,
            key=self.key,
            row=key_text(need.table, need.key),
            stands=row_text(stands),
            should=row_text(should),
        )


async def compare(subject: Subject, expected: Expected, live: Reads, now: float) -> list[Found]:
    """Every row that is missing or not as its last event left it. Raises ViewsUnavailable."""
    standing = await _standing(live, list(expected.rows))
    found = []
    for need, wrote in expected.rows.items():
        stands, last = standing[need], wrote[-1].put
        expired = last.expires_at is not None and last.expires_at <= now
        if stands != last.row and not (stands is None and expired):
            found.append(_told(subject, need, wrote, stands))
    return found


async def _standing(live: Reads, needs: Sequence[Need]) -> Mapping[Need, msgspec.Struct | None]:
    by_table: dict[Table[Any], list[Key]] = defaultdict(list)
    for need in needs:
        by_table[need.table].append(need.key)
    standing: dict[Need, msgspec.Struct | None] = {}
    for table, keys in by_table.items():
        for begin in range(0, len(keys), GET_MANY):
            chunk = keys[begin : begin + GET_MANY]
            rows = await live.get_many(table, chunk)
            await asyncio.sleep(0)
            standing.update((Need(table, key), row) for key, row in zip(chunk, rows, strict=True))
    return standing


def _told(subject: Subject, need: Need, wrote: Sequence[Wrote], stands: msgspec.Struct | None) -> Found:
    last = wrote[-1].put
    agreed, parted, why = _parting(wrote, stands)
    drift = subject.drift(need, "missing" if stands is None else "wrong", stands, last.row)
    return Found(
        msgspec.structs.replace(drift, agreed=agreed, parted=parted, why=why), last, latest=subject.ground.latest
    )


def _parting(wrote: Sequence[Wrote], stands: msgspec.Struct | None) -> tuple[EventRef | None, EventRef | None, str]:
    """Up to which event they agree, and after which they part."""
    if stands is None:
        return None, wrote[0].event, "no row stands, though this event writes it"
    for earlier, later in reversed(list(pairwise(wrote))):
        if earlier.put.row == stands:
            return earlier.event, later.event, "the row is as an earlier event left it: what came after is lacking"
    return None, wrote[-1].event, "no event ever wrote what stands"

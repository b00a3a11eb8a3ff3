"""Rows that no event wrote. Where to look for them: beside the rows of the keys that are audited.

In a partition that is a key's own, all rows that are not expected; in one that it shares with others, a neighbour,
whose own history is then folded. A row in a partition that no event touched is not come upon: a rebuild finds it.
"""

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

import msgspec

from libs.projections.auditing.expecting import Expected
from libs.projections.projection import Need
from libs.views import Key, Reads, Table, TableKind

MOST_PARTITIONS = 20
MOST_ROWS = 2_000
NEIGHBOURS = 20


class Suspect(NamedTuple):
    """A row that stands, and whose events should have written it."""

    need: Need
    row: msgspec.Struct
    owner: str


class _Owned(NamedTuple):
    """A table, the columns in which its rows name the key of their events, and the rows of one key."""

    table: Table[Any]
    columns: Sequence[str]
    keys: Sequence[Key]

    @property
    def is_own(self) -> bool:
        """Whether partitions are the key's own."""
        return any(column in self.table.partition for column in self.columns)

    def owner(self, row: msgspec.Struct) -> str:
        """The key of the events that write a row; empty where the columns differ."""
        named = {str(getattr(row, column)) for column in self.columns}
        return named.pop() if len(named) == 1 else ""


async def own_extras(live: Reads, key: str, expected: Expected) -> list[Suspect]:
    """Rows in the key's own partitions that are not expected. Raises ViewsUnavailable."""
    found = []
    for owned in _owned(key, expected):
        width = len(owned.table.partition)
        partitions = list(dict.fromkeys(row[:width] for row in owned.keys)) if owned.is_own else []
        for partition in partitions[:MOST_PARTITIONS]:
            rows = await live.scan(owned.table, partition, limit=MOST_ROWS)
            found += _suspects(owned, (row for row in rows if owned.owner(row) == key))
    return [suspect for suspect in found if suspect.need not in expected.rows]


async def neighbour(live: Reads, key: str, expected: Expected, random: Random) -> Suspect | None:
    """A row of somebody else beside one of the key's, at random. Raises ViewsUnavailable."""
    shared = [owned for owned in _owned(key, expected) if not owned.is_own and owned.table.clustering]
    if not shared:
        return None
    owned = random.choice(shared)
    row = random.choice(owned.keys)
    begin = len(owned.table.partition)
    # At times from the beginning: the first row is behind no other.
    after = row[-1:] if random.random() < 0.7 else ()
    rows = await live.scan(owned.table, row[:begin], prefix=row[begin:-1], after=after, limit=NEIGHBOURS)
    others = _suspects(owned, (each for each in rows if owned.owner(each) not in ("", key)))
    return random.choice(others) if others else None


def _suspects(owned: _Owned, rows: Iterable[msgspec.Struct]) -> list[Suspect]:
    return [Suspect(Need(owned.table, owned.table.key_of(row)), row, owned.owner(row)) for row in rows]


def _owned(key: str, expected: Expected) -> list[_Owned]:
    """Tables whose rows name the key that writes them: those of a source partition as a whole have no owner."""
    by_table: dict[Table[Any], list[Key]] = {}
    for need in expected.rows:
        if need.table.kind is TableKind.OWN:
            by_table.setdefault(need.table, []).append(need.key)
    found = []
    for table, keys in by_table.items():
        columns = [name for n, name in enumerate(table.key) if all(str(row[n]) == key for row in keys)]
        if columns:
            found.append(_Owned(table, columns, keys))
    return found


async def members_beside(live: Reads, expected: Mapping[str, Expected], subject: str) -> list[Suspect]:
    """Rows in the partitions that are about `subject`, whose keys are not among those that have a part in it.

    `expected` is what these should have left, by key. Raises ViewsUnavailable.
    """
    found: dict[Need, Suspect] = {}
    for key, each in list(expected.items())[:MOST_PARTITIONS]:
        for owned in _owned(key, each):
            width = len(owned.table.partition)
            about = {row[:width] for row in owned.keys if subject in map(str, row[:width])}
            for partition in about if not owned.is_own else ():
                rows = await live.scan(owned.table, partition, limit=MOST_ROWS)
                found |= {suspect.need: suspect for suspect in _suspects(owned, rows) if suspect.owner}
    return [
        suspect
        for suspect in found.values()
        if suspect.owner not in expected or suspect.need not in expected[suspect.owner].rows
    ]

"""Sampled comparison: what two generations say where events taken at random have written.

Both may move meanwhile. A difference counts only if the rows of the generation that serves were the same before and
after the other one had caught up with them, whenever they were looked at. Crossing tables are left out: they may differ
in rows, never in answers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from libs.events import Undecodable
from libs.log import Partition, Record
from libs.projections.batch import Batch, Item, read_needs
from libs.projections.projection import Need, Projection
from libs.projections.rebuilding.following import Follower
from libs.projections.rebuilding.ground import Ground
from libs.projections.sorting import item_of
from libs.projections.tables import Tally
from libs.views import Key, Reads, Table, TableKind

SAMPLES = 4
"""Windows of each partition of the log."""

WINDOW = 8
"""Records of a window."""

MOST_PARTITIONS = 2_000
"""Of tables, compared whole, up to MOST_ROWS each."""

MOST_ROWS = 200
AT_ONCE = 32
TRIES = 3
SETTLED_WITHIN, SETTLED_PAUSE = 2.0, 0.02
"""Seconds: rows become visible before the progress that tells of them."""
POLL_EVENTS, POLL_TIMEOUT = 500, 10.0

Spot = tuple[Table[Any], Key]
"""One partition of one table."""

Row = msgspec.Struct


class Difference(NamedTuple):
    """One row that is not the same in both."""

    table: str
    key: Key
    serving: Row | None
    rebuilt: Row | None


class Compared(NamedTuple):
    """What a comparison came to."""

    partitions: int
    """Of tables, compared."""
    rows: int
    differences: list[Difference]
    undecided: int
    """Partitions that changed whenever they were looked at."""


Reach = Callable[[], Awaitable[None]]
"""Lets the new generation come to where the other one is at that moment. It ends, however fast that one goes on."""


async def compare(follower: Follower, random: Random, reach: Reach) -> Compared:
    """Compare what `follower` has filled with what it follows. Raises what `reach` and the stores raise."""
    await reach()
    spots = await _spots(follower, random)
    rows, open_, differences = 0, spots, dict[Spot, list[Difference]]()
    for _ in range(TRIES):
        before = await _read(follower.leading, open_)
        await _settled(follower)
        await reach()
        rebuilt, after = await _read(follower.following, open_), await _read(follower.leading, open_)
        still = [spot for spot in open_ if before[spot] == after[spot]]
        differences = {spot: found for spot in still if (found := _differences(spot[0], after[spot], rebuilt[spot]))}
        rows += sum(len(after[spot]) for spot in still if spot not in differences)
        # A row of an event whose batch is just being written may be here and not yet there: it is looked at again.
        open_ = [spot for spot in open_ if spot in differences or before[spot] != after[spot]]
    found = [difference for each in differences.values() for difference in each]
    return Compared(len(spots), rows + len(found), found, len(open_) - len(differences))


async def _settled(follower: Follower) -> None:
    """Until the generation that serves has folded what the log holds now, or has had the time to."""
    ground, loop = follower.ground, asyncio.get_running_loop()
    bounds, deadline = await ground.log.bounds(ground.places), loop.time() + SETTLED_WITHIN
    while loop.time() < deadline:
        reached = await ground.marks(follower.leading, "reached")
        if all(reached.get(place, 0) >= each.end for place, each in bounds.items()):
            return
        await asyncio.sleep(SETTLED_PAUSE)


def _differences(table: Table[Any], serving: Sequence[Row], rebuilt: Sequence[Row]) -> list[Difference]:
    left, right = ({table.key_of(row): row for row in _said(rows)} for rows in (serving, rebuilt))
    keys = [key for key in dict.fromkeys([*left, *right]) if left.get(key) != right.get(key)]
    return [Difference(table.name, key, left.get(key), right.get(key)) for key in keys]


def _said(rows: Sequence[Row]) -> list[Row]:
    """What rows say. A tally also holds a stamp, which a redrive raises; and one that counts nothing may be missing."""
    tallies = [row for row in rows if isinstance(row, Tally)]
    if len(tallies) < len(rows):
        return list(rows)
    return [replace(tally, at=0) for tally in tallies if tally.count]


async def _read(reads: Reads, spots: Sequence[Spot]) -> dict[Spot, list[Row]]:
    found: dict[Spot, list[Row]] = {}
    for begin in range(0, len(spots), AT_ONCE):
        chunk = spots[begin : begin + AT_ONCE]
        pages = await asyncio.gather(*(reads.scan(table, key, limit=MOST_ROWS) for table, key in chunk))
        found.update(zip(chunk, pages, strict=True))
    return found


async def _spots(follower: Follower, random: Random) -> list[Spot]:
    """Where events taken at random have written rows of own-key tables, as their handlers tell now."""
    ground = follower.ground
    items = [item for record in await _sample(follower, random) if (item := _item(ground, record)) is not None]
    found: dict[Spot, None] = {}
    for item in items:
        found.update(dict.fromkeys(await _written(follower, item)))
    spots = list(found)
    random.shuffle(spots)
    return spots[:MOST_PARTITIONS]


def _item(ground: Ground, record: Record) -> Item | None:
    try:
        return item_of(ground.projection, ground.epochs[record.topic], record)
    except Undecodable:
        return None


async def _written(follower: Follower, item: Item) -> list[Spot]:
    """By what stands now, and as if nothing stood: else no toggle would be new, and no tally be looked at."""
    read = await read_needs(follower.following, [item])
    projection = follower.ground.projection
    return [*_spots_of(projection, item, read), *_spots_of(projection, item, dict.fromkeys(item.needs))]


def _spots_of(projection: Projection, item: Item, read: Mapping[Need, Row | None]) -> list[Spot]:
    batch = Batch(projection, read)
    try:
        batch.fold(item)
    except Exception:  # noqa: BLE001 - whatever a handler raises: the event stands aside and has written nothing
        return []
    rows = [(need.table, need.key) for need in batch.puts if need.table.kind is TableKind.OWN]
    tallies = [(projection.tallies, (tally.subject,)) for tally in batch.deltas] if projection.tallies else []
    return [(table, key[: len(table.partition)]) for table, key in [*rows, *tallies] if table is not None]


async def _sample(follower: Follower, random: Random) -> list[Record]:
    """Some records from random places below where the generation is."""
    ground = follower.ground
    reached = await ground.marks(follower.following, "reached")
    bounds = await ground.log.bounds(ground.places)
    records: list[Record] = []
    for _ in range(SAMPLES):
        starts = {
            place: random.randrange(bounds[place].start, end)
            for place, end in reached.items()
            if bounds[place].start < end
        }
        records += await _windows(ground, starts, reached)
    return records


async def _windows(ground: Ground, starts: Mapping[Partition, int], ends: Mapping[Partition, int]) -> list[Record]:
    if not starts:
        return []
    reader, missing = await ground.log.reader(starts), set(starts)
    records: list[Record] = []
    try:
        while missing:
            polled = await reader.poll(POLL_EVENTS, POLL_TIMEOUT)
            for place in missing.intersection(polled):
                records += [record for record in polled[place][:WINDOW] if record.offset < ends[place]]
            missing = missing.difference(polled) if polled else set()
            reader.pause(polled)
    finally:
        await reader.close()
    return records

"""Finding one event: by its place, or by its id.

An id is a UUIDv7 and carries its time. Most events are in the log within milliseconds of it; one that a handler made
has the time of its cause and may come later by as much as the handler lagged. So the search looks near that time first
and then further and further away, until it has seen everything.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from libs.events import time_of
from libs.log import Bounds, Log, Partition, Record
from qiao.capturing.reading import POLL_EVENTS, stretches

Tell = Callable[[int], object]
"""Told how many more records were looked at."""

POLL_TIMEOUT = 10.0


class NoSuchEvent(LookupError):
    """The log has none."""


class Window(NamedTuple):
    """A stretch of the log's time from an id's time on, in milliseconds; None is the log's own start or end."""

    begin: int | None
    end: int | None


WINDOWS = (
    Window(-50, 500),
    Window(500, 5_000),
    Window(-1_000, -50),
    Window(5_000, 60_000),
    Window(-60_000, -1_000),
    Window(60_000, None),
    Window(None, -60_000),
)
"""Each record is in one of them. Before an id's time there is only what another clock may explain."""


async def find_event(log: Log, bounds: Mapping[Partition, Bounds], event: UUID, tell: Tell) -> Record:
    """A record of the event, the oldest unless clocks went apart: it may be in the log twice.

    Raises NoSuchEvent once all of the log was looked at, LogUnavailable.
    """
    header = ("ce_id", str(event).encode())
    async for where in _wheres(log, bounds, event):
        found = []
        # No more than the longest of the parts: what is read behind the end of a short one is thrown away.
        longest = max((each.end - each.start for each in where.values()), default=1)
        async for stretch in stretches(log, where, most=min(POLL_EVENTS, longest)):
            tell(len(stretch.records))
            found += [record for record in stretch.records if header in record.headers]
        if found:
            return min(found, key=lambda record: record.timestamp)
    raise NoSuchEvent(f"no event has the id {event}; of a post, an account: qiao events grep --key {event}")


async def find_place(log: Log, bounds: Mapping[Partition, Bounds], partition: Partition, offset: int) -> Record:
    """The record at a place. Raises NoSuchEvent, LogUnavailable."""
    each = bounds.get(partition)
    records: Sequence[Record] = ()
    if each is not None and each.start <= offset < each.end:
        reader = await log.reader({partition: offset})
        try:
            records = (await reader.poll(1, POLL_TIMEOUT)).get(partition, ())
        finally:
            await reader.close()
    if not records or records[0].offset != offset:
        raise NoSuchEvent(f"nothing is at {partition.topic}[{partition.number}]@{offset}")
    return records[0]


async def _wheres(
    log: Log, bounds: Mapping[Partition, Bounds], event: UUID
) -> AsyncIterator[Mapping[Partition, Bounds]]:
    try:
        moment = time_of(event)
    except ValueError:
        yield bounds  # an id of another kind: it stands in no order
        return
    for window in WINDOWS:
        begins = await _offsets(log, bounds, moment, window.begin)
        ends = await _offsets(log, bounds, moment, window.end)
        where = {
            place: Bounds(max(each.start, begins.get(place, each.start)), min(each.end, ends.get(place, each.end)))
            for place, each in bounds.items()
        }
        yield {place: each for place, each in where.items() if each.start < each.end}


async def _offsets(
    log: Log, bounds: Mapping[Partition, Bounds], moment: int, distance: int | None
) -> Mapping[Partition, int]:
    """Empty where the window has no such side."""
    return {} if distance is None else await log.offsets_at(bounds, max(0, moment + distance))

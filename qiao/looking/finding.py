"""Finding one event: by its place, or by its id.

An id is a UUIDv7 and carries its time. Most events are in the log within milliseconds of it; one that a handler made
has the time of its cause and may come later by as much as the handler lagged. So the search looks near that time first
and then further and further away, until it has seen everything.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import NamedTuple
from uuid import UUID

from libs.events import time_of
from libs.log import Bounds, Log, Partition, Place, Record
from libs.log.single import read_one
from libs.log.stretches import POLL_EVENTS, stretches

Tell = Callable[[int], object]
"""Told how many more records were looked at."""


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


async def find_place(log: Log, bounds: Mapping[Partition, Bounds], place: Place) -> Record:
    """The record at a place. Raises NoSuchEvent, LogUnavailable."""
    each = bounds.get(Partition(place.topic, place.partition))
    if each is None or not each.start <= place.offset < each.end:
        raise NoSuchEvent(f"nothing is at {place}")
    try:
        return await read_one(log, place)
    except LookupError as error:
        raise NoSuchEvent(f"nothing is at {place}") from error


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

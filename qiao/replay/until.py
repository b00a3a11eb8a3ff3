"""Where a replay ends: at a time, or with one event."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from libs.events import time_of
from libs.log import Bounds, Log, Partition, Place, Record
from libs.log.merging import Instant, Ordered, in_canonical_order
from libs.projections.sorting import header
from qiao.looking.finding import NoSuchEvent, find_place
from qiao.places import PlaceInvalid, parse_place
from qiao.sources import Source
from qiao.times import TimeInvalid, parse_time

SKEW_MS = 60_000


class UntilInvalid(ValueError):
    """The text names no time, no place in the log and no event."""


class NotInSource(LookupError):
    """The event that a replay should end with is not there."""


class Cut(NamedTuple):
    """What is left of a stretch of records, and whether the end is reached."""

    records: Sequence[Ordered]
    over: bool


class Until:
    """The end of a replay. This one is the end of the log."""

    text = "the end"

    @property
    def moment(self) -> int | None:
        """The log time that it ends with, in milliseconds since 1970 UTC; None where it names none."""
        return None

    def cut(self, stretch: Sequence[Ordered]) -> Cut:
        """What of these records is still to be folded."""
        return Cut(stretch, over=False)

    async def narrowed(self, log: Log, bounds: Mapping[Partition, Bounds]) -> Mapping[Partition, Bounds]:
        """The bounds without what certainly comes later. Raises LogUnavailable."""
        return bounds

    def passed(self, reached: Mapping[Partition, int | None]) -> bool:
        """Whether an earlier run got there: the first offsets that are not folded yet tell it."""
        return False


class UntilTime(Until):
    """With the last event that the log took at or before a moment."""

    def __init__(self, text: str, ms: int) -> None:
        """`ms` since 1970 UTC."""
        self.text, self.ms = text, ms

    @property
    def moment(self) -> int:
        """See `Until`."""
        return self.ms

    def cut(self, stretch: Sequence[Ordered]) -> Cut:
        """See `Until`."""
        if stretch[-1].at.timestamp <= self.ms:
            return Cut(stretch, over=False)
        return Cut([each for each in stretch if each.at.timestamp <= self.ms], over=True)

    async def narrowed(self, log: Log, bounds: Mapping[Partition, Bounds]) -> Mapping[Partition, Bounds]:
        """See `Until`."""
        ends = await log.offsets_at(bounds, self.ms + 1)
        return {place: Bounds(start, max(start, min(end, ends[place]))) for place, (start, end) in bounds.items()}


class UntilEvent(Until):
    """With one event, in the canonical order. Its own topic need not be among those that are folded."""

    def __init__(self, text: str, at: Instant) -> None:
        """`at` is where it stands."""
        self.text, self.at = text, at

    @property
    def moment(self) -> int:
        """See `Until`."""
        return self.at.timestamp

    @property
    def place(self) -> Place:
        """Where it stands in the log."""
        return self.at.place

    def cut(self, stretch: Sequence[Ordered]) -> Cut:
        """See `Until`."""
        return Cut([each for each in stretch if each.at <= self.at], over=stretch[-1].at >= self.at)

    async def narrowed(self, log: Log, bounds: Mapping[Partition, Bounds]) -> Mapping[Partition, Bounds]:
        """See `Until`."""
        own = _partition(self.place)
        if own not in bounds:
            return bounds
        # Who goes on behind a record that the log took too early no longer sees that those after it are later.
        start, end = bounds[own]
        return {**bounds, own: Bounds(start, max(start, min(end, self.place.offset + 1)))}

    def passed(self, reached: Mapping[Partition, int | None]) -> bool:
        """See `Until`."""
        return (reached.get(_partition(self.place)) or 0) > self.place.offset


async def until_of(text: str | None, source: Source) -> Until:
    """A time, 'posts[3]@17', or the id of an event, of which the first copy counts; None is the end of the log.

    Raises UntilInvalid, which points at what is wrong; NotInSource, LogUnavailable.
    """
    if text is None:
        return Until()
    try:
        return UntilEvent(text, await _instant(source, await _located(source, UUID(text))))
    except ValueError:
        pass
    if "[" in text or "@" in text:
        return UntilEvent(text, await _instant(source, await _placed(text, source)))
    try:
        return UntilTime(text, parse_time(text, datetime.now(UTC)))
    except TimeInvalid as error:
        raise UntilInvalid(str(error)) from error


async def _placed(text: str, source: Source) -> Record:
    try:
        return await find_place(source.log, source.bounds, parse_place(text))
    except PlaceInvalid as error:
        raise UntilInvalid(str(error)) from error
    except NoSuchEvent as error:
        raise NotInSource(f"--until {text}: {source.name} has nothing there") from error


async def _located(source: Source, event: UUID) -> Record:
    """An event is appended after its id was made; clocks may differ by so much."""
    begins = await source.log.offsets_at(source.bounds, max(0, time_of(event) - SKEW_MS))
    bounds = {place: Bounds(begins[place], each.end) for place, each in source.bounds.items()}
    async for stretch in in_canonical_order(source.log, bounds):
        for each in stretch:
            if header(each.record, "ce_id") == str(event):
                return each.record
    raise NotInSource(f"--until {event}: no such event is in {source.name}")


async def _instant(source: Source, record: Record) -> Instant:
    """Where it comes in the canonical order: where the log's clock went back, later than its own time says."""
    own = _partition(record.place)
    before = {own: Bounds(source.bounds[own].start, record.offset + 1)}
    return max([stretch[-1].at async for stretch in in_canonical_order(source.log, before)])


def _partition(place: Place) -> Partition:
    return Partition(place.topic, place.partition)

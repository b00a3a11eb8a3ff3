"""Where a replay ends: at a time, or with one event."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from libs.events import time_of
from libs.log import Bounds, Log, Partition, Place
from libs.log.merging import Ordered, in_canonical_order
from libs.projections.sorting import header
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
    """With one event, in the canonical order."""

    def __init__(self, text: str, place: Place) -> None:
        """`place` is where it stands."""
        self.text, self.place = text, place

    def cut(self, stretch: Sequence[Ordered]) -> Cut:
        """See `Until`."""
        for count, each in enumerate(stretch, start=1):
            if each.at.place == self.place:
                return Cut(stretch[:count], over=True)
        return Cut(stretch, over=False)

    def passed(self, reached: Mapping[Partition, int | None]) -> bool:
        """See `Until`."""
        return (reached.get(Partition(self.place.topic, self.place.partition)) or 0) > self.place.offset


async def until_of(text: str | None, source: Source) -> Until:
    """A time, 'posts[3]@17', or the id of an event, of which the first copy counts; None is the end of the log.

    Raises UntilInvalid, which points at what is wrong; NotInSource, LogUnavailable.
    """
    if text is None:
        return Until()
    try:
        return UntilEvent(text, await _located(source, UUID(text)))
    except ValueError:
        pass
    if "[" in text or "@" in text:
        return UntilEvent(text, _placed(text, source))
    try:
        return UntilTime(text, parse_time(text, datetime.now(UTC)))
    except TimeInvalid as error:
        raise UntilInvalid(str(error)) from error


def _placed(text: str, source: Source) -> Place:
    try:
        place = parse_place(text)
    except PlaceInvalid as error:
        raise UntilInvalid(str(error)) from error
    bounds = source.bounds.get(Partition(place.topic, place.partition))
    if bounds is None or not bounds.start <= place.offset < bounds.end:
        raise NotInSource(f"--until {text}: {source.name} has nothing there")
    return place


async def _located(source: Source, event: UUID) -> Place:
    """An event is appended after its id was made; clocks may differ by so much."""
    begins = await source.log.offsets_at(source.bounds, max(0, time_of(event) - SKEW_MS))
    bounds = {place: Bounds(begins[place], each.end) for place, each in source.bounds.items()}
    async for stretch in in_canonical_order(source.log, bounds):
        for each in stretch:
            if header(each.record, "ce_id") == str(event):
                return each.at.place
    raise NotInSource(f"--until {event}: no such event is in {source.name}")

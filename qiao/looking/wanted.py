"""Which events are wanted. Pure: of a record only its bytes are looked at, so that most cost next to nothing."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from libs.events import spec_named
from libs.log import Bounds, Log, Partition, Record
from libs.log.partitioner import partition_for


class Wanted(NamedTuple):
    """What is empty or None does not narrow. Several of one kind add up, different kinds narrow each other."""

    topics: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    actors: frozenset[UUID] = frozenset()
    correlations: frozenset[UUID] = frozenset()
    since: int | None = None
    """The log's time, in milliseconds since 1970 UTC: at or after it."""
    until: int | None = None
    """Before it."""
    text: str = ""
    """What the event says, in whatever case; it must have been opened to tell."""


class Matcher:
    """A wish ready to be held against many records. It cannot tell whether they say `text`."""

    def __init__(self, wanted: Wanted) -> None:
        """Ids as the bytes that stand in headers."""
        self._wanted = wanted
        self._keys = frozenset(key.encode() for key in wanted.keys)
        headers = {
            "ce_type": frozenset(name.encode() for name in wanted.types),
            "ce_actor": frozenset(str(actor).encode() for actor in wanted.actors),
            "ce_correlationid": frozenset(str(story).encode() for story in wanted.correlations),
        }
        self._headers = [(name, values) for name, values in headers.items() if values]

    def matches(self, record: Record) -> bool:
        """Whether it is wanted."""
        wanted = self._wanted
        if (wanted.since is not None and record.timestamp < wanted.since) or (
            wanted.until is not None and record.timestamp >= wanted.until
        ):
            return False
        if (wanted.topics and record.topic not in wanted.topics) or (self._keys and record.key not in self._keys):
            return False
        found = dict(record.headers) if self._headers else {}
        return all(found.get(name) in values for name, values in self._headers)


def narrowed(wanted: Wanted, bounds: Mapping[Partition, Bounds]) -> dict[Partition, Bounds]:
    """The partitions in which something wanted can be: a type has its topic, a key its partition."""
    counts: dict[str, int] = {}
    for place in bounds:
        counts[place.topic] = max(counts.get(place.topic, 0), place.number + 1)
    topics = {
        spec.topic if (spec := spec_named(name)) else topic for name in wanted.types for topic in counts
    } or counts.keys()
    return {
        place: each
        for place, each in bounds.items()
        if place.topic in topics
        and (not wanted.topics or place.topic in wanted.topics)
        and (not wanted.keys or place.number in _numbers(wanted, counts[place.topic]))
    }


def _numbers(wanted: Wanted, partitions: int) -> set[int]:
    return {partition_for(key.encode(), partitions) for key in wanted.keys}


async def within_times(wanted: Wanted, log: Log, bounds: Mapping[Partition, Bounds]) -> dict[Partition, Bounds]:
    """The offsets between which something wanted can be. Raises LogUnavailable."""
    starts = {place: each.start for place, each in bounds.items()}
    ends = {place: each.end for place, each in bounds.items()}
    if wanted.since is not None:
        starts |= await log.offsets_at(bounds, wanted.since)
    if wanted.until is not None:
        ends |= await log.offsets_at(bounds, wanted.until)
    return {
        place: Bounds(begin, end)
        for place, each in bounds.items()
        if (begin := max(each.start, starts[place])) < (end := min(each.end, ends[place]))
    }

"""All events of some keys of one partition, named or taken at random. The partition is read through once."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from hashlib import blake2b
from heapq import heappush as push
from heapq import heappushpop
from random import Random
from typing import NamedTuple

from libs.log import Bounds, Log, Partition, Record
from libs.log.stretches import stretches
from libs.projections.sorting import key_of

POLL_EVENTS = 200
MOST_EVENTS = 20_000
"""Events of one key that are held at once. A longer history is passed over."""

Pace = Callable[[int], Awaitable[None]]
"""Told how many records were read; it takes its time."""


class Range(NamedTuple):
    """A stretch of one partition, and how fast it may be read."""

    log: Log
    place: Partition
    bounds: Bounds
    pace: Pace


async def at_once(_: int) -> None:
    """The pace of who waits for the answer."""


async def read(range_: Range) -> AsyncIterator[Sequence[Record]]:
    """Every record within the bounds. Raises LogUnavailable, OffsetOutOfRange, UnknownTopic."""
    async for stretch in stretches(range_.log, {range_.place: range_.bounds}, most=POLL_EVENTS):
        yield stretch.records
        await range_.pace(len(stretch.records))


async def of_keys(range_: Range, keys: Collection[str]) -> Mapping[str, list[Record]]:
    """The events of these keys; none of a key whose history is too long."""
    found: dict[str, list[Record]] = {key: [] for key in keys}
    async for records in read(range_):
        for record in records:
            if (history := found.get(key_of(record))) is not None:
                history.append(record)
                if len(history) > MOST_EVENTS:
                    del found[key_of(record)]
    return found


async def of_some(range_: Range, count: int, random: Random) -> Mapping[str, list[Record]]:
    """The events of `count` keys, every key as likely as any other; none of a key whose history is too long."""
    sample = _Sample(count, random.randbytes(16))
    async for records in read(range_):
        for record in records:
            sample.take(record)
    return {key: history for key, history in sample.histories.items() if len(history) <= MOST_EVENTS}


async def keys_that_mention(range_: Range, text: str) -> set[str]:
    """The keys of all events that have this text in their data or as their key."""
    found = set[str]()
    async for records in read(range_):
        found.update(key_of(record) for record in records if mentions(record, text))
    return found


def mentions(record: Record, text: str) -> bool:
    """Whether the event may be about `text`, an id. What a handler counts, its event names."""
    return text.encode() in record.value or text == key_of(record)


class _Sample:
    """The keys whose salted digests are smallest: once a key is out, none of its events brings it back in."""

    def __init__(self, count: int, salt: bytes) -> None:
        self._count, self._salt = count, salt
        self._largest: list[tuple[int, str]] = []
        self.histories: dict[str, list[Record]] = {}

    def take(self, record: Record) -> None:
        history = self.histories.get(key_of(record)) or self._entered(record)
        if history is not None and len(history) <= MOST_EVENTS:
            history.append(record)

    def _entered(self, record: Record) -> list[Record] | None:
        key = key_of(record)
        mine = (-int.from_bytes(blake2b(record.key, key=self._salt, digest_size=8).digest()), key)
        if len(self._largest) < self._count:
            push(self._largest, mine)
        elif (out := heappushpop(self._largest, mine)) == mine:
            return None
        else:
            del self.histories[out[1]]
        self.histories[key] = []
        return self.histories[key]

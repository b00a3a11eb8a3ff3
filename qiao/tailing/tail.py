"""Following the log from its end, its start or a moment on."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from itertools import chain
from typing import Literal

from libs.log import Bounds, Log, Partition, Reader, Record, UnknownTopic
from qiao.looking.wanted import Matcher, Wanted, narrowed

POLL_EVENTS = 1_000
POLL_TIMEOUT = 1.0


async def tail(
    log: Log, bounds: Mapping[Partition, Bounds], wanted: Wanted, begin: Literal["start", "end"]
) -> AsyncIterator[Sequence[Record]]:
    """What is wanted, for ever, as it comes; `bounds` is what there is now. The text is not looked at.

    It begins at the start of the log or its end, or at the time that is wanted. Raises LogUnavailable, UnknownTopic.
    """
    where = narrowed(wanted, bounds)
    if not where:
        raise UnknownTopic("the log has no such topic: run qiao migrate")
    start = {place: each.start if begin == "start" else each.end for place, each in where.items()}
    if wanted.since is not None:
        start |= await log.offsets_at(where, wanted.since)
    reader = await log.reader(start)
    try:
        async for records in _followed(reader, Matcher(wanted)):
            yield records
    finally:
        await reader.close()


async def _followed(reader: Reader, matcher: Matcher) -> AsyncIterator[Sequence[Record]]:
    while True:
        polled = await reader.poll(POLL_EVENTS, POLL_TIMEOUT)
        found = [record for record in chain.from_iterable(polled.values()) if matcher.matches(record)]
        if found:
            yield _in_time(found)


def _in_time(records: Iterable[Record]) -> list[Record]:
    """What came together in the order of the log's clock; sorting is stable, so partitions keep their order."""
    return sorted(records, key=lambda record: record.timestamp)

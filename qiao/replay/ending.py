"""An end that stays the same however often, and by whatever version of the code, it is asked for."""

from collections.abc import Collection

from libs.log import LogUnavailable, Partition, Place
from libs.log.merging import Instant
from qiao.replay.scratch import now_ms
from qiao.replay.until import UntilEvent, UntilTime, until_of
from qiao.sources import Source
from qiao.times import from_ms

POLL_TIMEOUT = 10.0


async def fixed(text: str | None, source: Source, topics: Collection[str]) -> str | None:
    """`--until` in words that mean the same moment or event later; None for the end of what cannot grow.

    The end of a log is its last event in `topics`, those that are folded. Raises UntilInvalid, NotInSource,
    LogUnavailable.
    """
    until = await until_of(text, source)
    if isinstance(until, UntilEvent):
        return str(until.place)
    if isinstance(until, UntilTime) and (source.manifest is not None or until.ms < now_ms()):
        return from_ms(until.ms).isoformat()
    last = None if source.manifest is not None else await _last(source, topics)
    return str(last) if last is not None else None


async def _last(source: Source, topics: Collection[str]) -> Place | None:
    """Where the last event stands; where the log's clock went back, one of the last. None where there is none."""
    filled = {place: end for place, (start, end) in source.bounds.items() if place.topic in topics and end > start}
    if not filled:
        return None
    found: dict[Partition, Instant] = {}
    reader = await source.log.reader({place: end - 1 for place, end in filled.items()})
    try:
        while len(found) < len(filled):
            polled = await reader.poll(len(filled), POLL_TIMEOUT)
            if not polled:
                raise LogUnavailable(f"{source.name} does not give its last events")
            for place, records in polled.items():
                found.setdefault(place, Instant(records[0].timestamp, *records[0].place))
            reader.pause(polled)
    finally:
        await reader.close()
    return max(found.values()).place

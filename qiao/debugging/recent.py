"""The newest events of a log, page by page backwards, filtered: no index, a window of each partition at a time."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from libs.log import Log, Partition, Record
from libs.log.partitioner import partition_for
from qiao.journeys.finding import Finder
from qiao.tailing.lines import Line, line_of

SHOWN = 50
MOST_READ = 6_000
"""Records looked at for a page, of all partitions together."""

LEAST_OF_EACH = 20


class Asked(NamedTuple):
    """Which events. Empty is any."""

    topic: str = ""
    type: str = ""
    key: str = ""
    actor: str = ""
    before: int | None = None
    """Only what was appended before this moment, in milliseconds since 1970 UTC."""


class Found(NamedTuple):
    """Newest first."""

    events: Sequence[Line]
    older: int | None
    """The `before` of the next page; None where the log begins here."""


async def recent(log: Log, asked: Asked) -> Found:
    """A page. It may be empty and have older ones behind it: then nothing in what was looked at fits.

    Raises LogUnavailable.
    """
    partitions = await _partitions(log, asked)
    bounds = await log.bounds(partitions)
    ends = {place: end for place, (_, end) in bounds.items()}
    if asked.before is not None:
        ends = dict(await log.offsets_at(partitions, asked.before))
    each = max(LEAST_OF_EACH, MOST_READ // max(1, len(partitions)))
    records, begun = list[Record](), 0
    for place in partitions:
        start = max(bounds[place].start, ends[place] - each)
        window = await _window(log, place, start, ends[place])
        records += window
        # Before this one's oldest nothing is known of it: the page ends there.
        if window and start > bounds[place].start:
            begun = max(begun, window[0].timestamp)
    return _page([line_of(record) for record in records if record.timestamp >= begun], asked, begun)


def _page(lines: Sequence[Line], asked: Asked, begun: int) -> Found:
    fits = [line for line in lines if _fits(line, asked)]
    fits.sort(key=lambda line: (line.log_time, line.offset), reverse=True)
    shown = fits[:SHOWN]
    if len(fits) <= SHOWN:
        return Found(shown, begun or None)
    # All of the last millisecond, however many: the next page begins before it.
    shown += [line for line in fits[SHOWN:] if line.log_time == shown[-1].log_time]
    return Found(shown, round(shown[-1].log_time.timestamp() * 1000) if len(shown) < len(fits) or begun else None)


def _fits(line: Line, asked: Asked) -> bool:
    actor = line.envelope.actor if line.envelope else None
    return (
        asked.type in ("", line.type)
        and asked.key in ("", line.key)
        and (not asked.actor or (actor is not None and str(actor) == asked.actor))
    )


async def _partitions(log: Log, asked: Asked) -> list[Partition]:
    counts: Mapping[str, int] = {
        name: info.partitions for name, info in (await log.topics()).items() if asked.topic in ("", name)
    }
    if asked.key:
        return [Partition(name, partition_for(asked.key.encode(), count)) for name, count in counts.items()]
    return [Partition(name, number) for name, count in counts.items() for number in range(count)]


async def _window(log: Log, place: Partition, start: int, end: int) -> list[Record]:
    found = list[Record]()
    if start >= end:
        return found
    async for record in Finder(log, {}).records(place, start):
        if record.offset >= end:
            break
        found.append(record)
    return found


def actors_of(events: Sequence[Line]) -> set[UUID]:
    """Who acted in them."""
    return {line.envelope.actor for line in events if line.envelope and line.envelope.actor}

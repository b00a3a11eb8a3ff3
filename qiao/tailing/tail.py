"""Following the log from its end or its start."""

from collections.abc import Callable, Iterable
from itertools import chain

import msgspec

from libs.log import Log, Partition, Reader
from qiao.tailing.lines import Line, line_of

POLL_EVENTS = 1_000
POLL_TIMEOUT = 1.0


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which events to show."""

    topics: tuple[str, ...] = ()
    """Empty for all."""
    types: frozenset[str] = frozenset()
    """Empty for all."""
    from_start: bool = False
    count: int | None = None
    """None for as long as there are any."""


async def tail(log: Log, wanted: Wanted, show: Callable[[Line], object]) -> None:
    """Show what is wanted, until there were enough. Raises UnknownTopic, LogUnavailable, and what `show` raises."""
    bounds = await log.bounds(await _partitions(log, wanted))
    start = {place: begin if wanted.from_start else end for place, (begin, end) in bounds.items()}
    reader = await log.reader(start)
    try:
        await _follow(reader, wanted, show)
    finally:
        await reader.close()


async def _partitions(log: Log, wanted: Wanted) -> list[Partition]:
    topics = await log.topics()
    return [
        Partition(name, number)
        for name in wanted.topics or topics
        for number in range(topics[name].partitions if name in topics else 1)
    ]


async def _follow(reader: Reader, wanted: Wanted, show: Callable[[Line], object]) -> None:
    shown = 0
    while wanted.count is None or shown < wanted.count:
        polled = await reader.poll(POLL_EVENTS, POLL_TIMEOUT)
        lines = [line_of(record) for record in chain.from_iterable(polled.values())]
        for line in _in_time([line for line in lines if not wanted.types or line.type in wanted.types]):
            show(line)
            shown += 1
            if shown == wanted.count:
                return


def _in_time(lines: Iterable[Line]) -> list[Line]:
    """What came together in the order of the log's clock; sorting is stable, so partitions keep their order."""
    return sorted(lines, key=lambda line: line.log_time)

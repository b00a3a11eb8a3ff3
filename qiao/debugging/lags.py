"""How far every projection is behind the log."""

import asyncio
from collections.abc import Sequence

import msgspec

from libs.log import Bounds, Log, Partition
from libs.projections import Projection, ViewProgress


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """One projection in one topic."""

    projection: str
    topic: str
    events: int
    """In the log, counted by offsets."""
    behind: int
    worst: str
    """The partition that is furthest behind, as topic[number] +events; empty where none is."""


async def lags(projections: Sequence[Projection], log: Log, progress: ViewProgress) -> list[Lag]:
    """By projection and topic. Raises LogUnavailable, ViewsUnavailable."""
    topics = await log.topics()
    return [
        await _lag(projection.name, [Partition(topic, n) for n in range(topics[topic].partitions)], log, progress)
        for projection in projections
        for topic in projection.topics
        if topic in topics
    ]


async def _lag(projection: str, places: Sequence[Partition], log: Log, progress: ViewProgress) -> Lag:
    # Progress first: asked the other way round, a log that grows meanwhile would seem to be behind.
    reached = await asyncio.gather(*(progress.reached(projection, *place) for place in places))
    bounds = await log.bounds(places)
    behind = {place: _behind(bounds[place], at) for place, at in zip(places, reached, strict=True)}
    worst = max(behind, key=lambda place: behind[place])
    return Lag(
        projection=projection,
        topic=worst.topic,
        events=sum(end - start for start, end in bounds.values()),
        behind=sum(behind.values()),
        worst=f"{worst} +{behind[worst]}" if behind[worst] else "",
    )


def _behind(bounds: Bounds, reached: int) -> int:
    return max(0, bounds.end - max(reached, bounds.start))

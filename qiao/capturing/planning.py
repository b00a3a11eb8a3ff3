"""From what is asked to what will be read: fixed once, as the capture begins."""

from collections.abc import Mapping
from typing import Literal

from libs.events import new_id, time_of
from libs.log import Bounds, Partition, UnknownTopic
from libs.log.slices import Selection, TopicPart
from libs.log.slices.plan import Plan, Span
from qiao.capturing.claims import claims, narrowed
from qiao.sources import Source


async def make_plan(source: Source, selection: Selection, arguments: tuple[str, ...], *, with_keys: bool) -> Plan:
    """Raises UnknownTopic, LogUnavailable."""
    infos = await source.log.topics()
    if missing := [topic for topic in selection.topics if topic not in infos]:
        raise UnknownTopic(f"there is no topic {missing[0]} in {source.name}: it has {', '.join(sorted(infos))}")
    slice_id = new_id()
    asked = narrowed(selection, source.manifest, time_of(slice_id))
    spans = await _spans(source, asked)
    return Plan(
        id=slice_id,
        taken_at=time_of(slice_id),
        source=_kind(source),
        origin=str(source.manifest.id) if source.manifest else source.identity,
        arguments=arguments,
        selection=asked,
        with_keys=with_keys,
        complete_for=claims(asked, source.manifest),
        topics={
            name: TopicPart(id=info.id, epoch=source.epochs[name], partitions=info.partitions)
            for name, info in sorted(infos.items())
        },
        spans=tuple(Span(*place, *each) for place, each in sorted(spans.items())),
    )


def _kind(source: Source) -> Literal["embedded", "kafka", "slice"]:
    if source.manifest is not None:
        return "slice"
    return "kafka" if source.log.system == "kafka" else "embedded"


async def _spans(source: Source, selection: Selection) -> Mapping[Partition, Bounds]:
    """Causes may stand anywhere before the end; otherwise only the topics and times that were named are looked at."""
    everywhere = selection.closure or not selection.topics
    bounds = {place: each for place, each in source.bounds.items() if everywhere or place.topic in selection.topics}
    if selection.since is not None and not selection.closure:
        starts = await source.log.offsets_at(bounds, selection.since)
        bounds = {place: Bounds(_within(each, starts[place]), each.end) for place, each in bounds.items()}
    if selection.until is not None:
        ends = await source.log.offsets_at(bounds, selection.until)
        bounds = {place: Bounds(each.start, _within(each, ends[place])) for place, each in bounds.items()}
    return bounds


def _within(bounds: Bounds, offset: int) -> int:
    return min(max(offset, bounds.start), bounds.end)

"""A random history in an embedded log, opened as a source, and what a plain reading of it says about a capture."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from libs.events import SealingKey, envelope_for, spec_of, to_record_parts
from libs.log import Bounds, Log, Partition, Place, Record, TopicSpec
from libs.log.embedded import open_log
from libs.log.partitioner import partition_for
from libs.log.slices import Manifest, open_slice
from libs.log.stretches import stretches
from qiao.capturing.names import Names, caused_by, names_of, place_name
from qiao.capturing.references import references
from qiao.sources import NoKeys, Source, bounds_of
from tests.property.histories import Happened

PARTITIONS = 3
TOPICS = ("accounts", "operations", "posts", "reactions", "relationships")


def records_of(happened: Sequence[Happened]) -> list[Record]:
    """As a log would hold them: sparse offsets, the log's time that of the event."""
    ends: dict[Partition, int] = {}
    keys: dict[object, SealingKey] = {}
    found = []
    for number, (id_, at, event) in enumerate(happened):
        spec = spec_of(event)
        owner = getattr(event, spec.owner) if spec.owner else None
        if owner is not None and owner not in keys:
            keys[owner] = SealingKey.generate(owner)[0]
        actor = getattr(event, "account", getattr(event, "author", None))
        parts = to_record_parts(
            event, envelope_for(event, source="/test", actor=actor, now=at, id=id_), keys.get(owner)
        )
        place = Partition(spec.topic, partition_for(parts.key, PARTITIONS))
        offset = ends[place] = ends.get(place, 0) + 1 + number % 3
        found.append(Record(*place, offset, int(at.timestamp() * 1000), *parts))
    return sorted(found, key=lambda each: each.timestamp)


@asynccontextmanager
async def source_with(path: Path, records: Sequence[Record]) -> AsyncIterator[Source]:
    """A log that holds them."""
    log = await open_log(path)
    try:
        await log.create([TopicSpec(topic, PARTITIONS) for topic in TOPICS])
        await log.restore(_in_order(records))
        yield Source("the log", log, await bounds_of(log), dict.fromkeys(TOPICS, 3), NoKeys())
    finally:
        await log.close()


def _in_order(records: Sequence[Record]) -> list[Record]:
    """A partition's times never fall, and its offsets rise: copies of an old fact come late."""
    times: dict[Partition, int] = {}
    restored = []
    for record in sorted(records, key=lambda each: (each.topic, each.partition, each.offset)):
        place = Partition(record.topic, record.partition)
        times[place] = max(times.get(place, 0), record.timestamp)
        restored.append(Record(*place, record.offset, times[place], record.key, record.value, record.headers))
    return restored


async def read_all(log: Log) -> list[Record]:
    """Every record, by place."""
    bounds: dict[Partition, Bounds] = dict(await bounds_of(log))
    found = [record async for stretch in stretches(log, bounds) for record in stretch.records]
    return sorted(found, key=lambda each: (each.topic, each.partition, each.offset))


async def read_slice(path: Path) -> tuple[list[Record], Manifest]:
    """What a slice holds; its checksums are looked at."""
    log, manifest = await open_slice(path)
    try:
        return await read_all(log), manifest
    finally:
        await log.close()


def named(record: Record) -> Names:
    """What it answers to and asks for, with what every record does."""
    event, answers, back, forward = names_of(references(record))
    place = place_name(Place(record.topic, record.partition, record.offset))
    return Names(event, answers | {event}, back | {place}, forward | {caused_by(event)})

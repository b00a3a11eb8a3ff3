"""Restoring: check, write what is missing in the canonical order, and only then let the log be used.

Times are those of the restore: the broker sets them. The topics' epochs rise last, so that no worker folds half a log:
it finds a topic that is not on record until then.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

import msgspec

from libs.log import Bounds, Entry, Log, Partition, Place, Record, TopicSpec
from libs.log.merging import in_canonical_order
from libs.log.partitioner import partition_for
from libs.log.slices import Manifest, Slice
from libs.vault import Vault
from libs.vault.epochs import raise_above
from qiao.restoring.comparing import check_held
from qiao.restoring.planning import RestoreRefused, Span, plan
from qiao.settings import Settings

AT_ONCE = 500
"""Records appended together: what is cut off is at most so far out of the canonical order."""
BYTES_AT_ONCE = 4 << 20

Told = Callable[[int], object]
"""Called with how many records more were written."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a restore."""

    written: int
    """Records of this run."""
    held: int
    """Records that were there already."""
    epochs: Mapping[str, int]
    """By topic, from now on."""


async def restore(
    source: Slice, log: Log, vault: Vault, settings: Settings, *, part: bool = False, told: Told = lambda more: None
) -> Restored:
    """Write a slice into a log that is empty, or holds the beginning of it; run again it goes on.

    The topics are created with the slice's number of partitions. Nobody else may write meanwhile. Raises
    RestoreRefused, LogError, VaultUnavailable.
    """
    manifest = source.manifest
    _check_partitions(manifest, settings)
    await vault.migrate()
    await log.create(_specs(manifest, settings))
    spans = plan(manifest, await log.bounds([each.partition for each in manifest.partitions]), part=part)
    await check_held(source.log, log, spans)
    written = await _write(source.log, log, spans, told)
    ids = {name: info.id for name, info in (await log.topics()).items()}
    epochs = {name: await raise_above(vault, name, ids[name], each.epoch) for name, each in manifest.topics.items()}
    return Restored(written=written, held=sum(span.held for span in spans.values()), epochs=epochs)


def _check_partitions(manifest: Manifest, settings: Settings) -> None:
    for name, each in manifest.topics.items():
        if each.partitions != settings.partitions:
            raise RestoreRefused(
                f"topic {name} of the slice has {each.partitions} partitions, and keys must stay put: set "
                f"QIAO_PARTITIONS={each.partitions}, for every process from now on"
            )


def _specs(manifest: Manifest, settings: Settings) -> list[TopicSpec]:
    return [
        TopicSpec(name, partitions=each.partitions, replication=settings.replication, min_insync=settings.min_insync)
        for name, each in manifest.topics.items()
    ]


async def _write(source: Log, log: Log, spans: Mapping[Partition, Span], told: Told) -> int:
    """How many records were written. Raises RestoreRefused where somebody else writes, too."""
    ends = {place: span.first + span.held for place, span in spans.items()}
    partitions = {name: info.partitions for name, info in (await log.topics()).items()}
    written = 0
    async for records in _batches(_missing(source, await source.bounds(spans), spans)):
        expected = [_place(record, ends, partitions) for record in records]
        if await log.append([Entry(each.topic, each.key, each.value, each.headers) for each in records]) != expected:
            raise RestoreRefused("somebody else writes to this log: stop that, make the topics anew and begin again")
        written += len(records)
        told(len(records))
    return written


def _place(record: Record, ends: dict[Partition, int], partitions: Mapping[str, int]) -> Place:
    """Where the record will stand; it is counted. Raises RestoreRefused for one that its key puts elsewhere."""
    place = Partition(record.topic, record.partition)
    if partition_for(record.key, partitions[record.topic]) != record.partition:
        raise RestoreRefused(f"{record.place} of the slice stands where its key does not belong")
    ends[place] += 1
    return Place(*place, ends[place] - 1)


async def _missing(
    source: Log, bounds: Mapping[Partition, Bounds], spans: Mapping[Partition, Span]
) -> AsyncIterator[Record]:
    held = {place: span.held for place, span in spans.items()}
    async for stretch in in_canonical_order(source, bounds):
        for ordered in stretch:
            place = Partition(ordered.record.topic, ordered.record.partition)
            if held[place]:
                held[place] -= 1
            else:
                yield ordered.record


async def _batches(records: AsyncIterator[Record]) -> AsyncIterator[Sequence[Record]]:
    some: list[Record] = []
    size = 0
    async for record in records:
        some.append(record)
        size += len(record.value)
        if len(some) == AT_ONCE or size >= BYTES_AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some

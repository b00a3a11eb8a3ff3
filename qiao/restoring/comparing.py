"""Whether a log that has something already has the beginning of the slice: then the rest can follow."""

import hashlib
from collections.abc import Mapping

from libs.log import Bounds, Log, Partition, Record
from libs.log.stretches import stretches
from qiao.restoring.planning import RestoreRefused, Span


async def check_held(slice_log: Log, log: Log, spans: Mapping[Partition, Span]) -> None:
    """Raises RestoreRefused for a partition whose records are not the slice's; offsets and times do not count."""
    held = {place: span for place, span in spans.items() if span.held}
    if not held:
        return
    there = {place: Bounds(span.first, span.first + span.held) for place, span in held.items()}
    counts = {place: span.held for place, span in held.items()}
    expected = await _digests(slice_log, await slice_log.bounds(held), counts)
    found = await _digests(log, there, counts)
    for place in held:
        if expected[place] != found[place]:
            raise RestoreRefused(
                f"{place.topic}[{place.number}] has other events than the slice: restore into an empty log"
            )


async def _digests(
    log: Log, bounds: Mapping[Partition, Bounds], counts: Mapping[Partition, int]
) -> dict[Partition, str]:
    """Of so many records of each partition, from its beginning."""
    hashed = {place: hashlib.sha256() for place in bounds}
    left = dict(counts)
    async for stretch in stretches(log, bounds):
        for record in stretch.records:
            place = Partition(record.topic, record.partition)
            if left[place]:
                left[place] -= 1
                hashed[place].update(fingerprint(record))
    return {place: each.hexdigest() for place, each in hashed.items()}


def fingerprint(record: Record) -> bytes:
    """32 bytes that tell the record's content from any other: key, value and headers, without its place and time."""
    digest = hashlib.sha256()
    parts = [record.key, record.value, *(part for name, text in record.headers for part in (name.encode(), text))]
    for part in parts:
        digest.update(len(part).to_bytes(4))
        digest.update(part)
    return digest.digest()

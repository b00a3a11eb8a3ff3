"""Which trace made a post: the log knows, by the header of its PostCreated."""

from uuid import UUID

from libs.events.errors import EnvelopeInvalid
from libs.events.headers import decode_envelope
from libs.log import Log, Partition, Record
from libs.log.partitioner import partition_for
from libs.telemetry.context import parse

EARLIER, LATER = 60_000, 86_400_000
"""Milliseconds around the time in a post's id within which it was appended: clocks differ, a retry comes late."""

POLL_EVENTS, POLL_TIMEOUT = 1_000, 5.0


async def trace_of_post(log: Log, post: UUID) -> str | None:
    """The trace's id; None where the log has no such post. Raises UnknownTopic, LogUnavailable."""
    record = await _created(log, post)
    context = parse(decode_envelope(record.headers).traceparent) if record else None
    return context.trace_id if context else None


async def _created(log: Log, post: UUID) -> Record | None:
    topic = "posts"
    info = (await log.topics()).get(topic)
    if info is None:
        return None
    key, made = str(post).encode(), post.int >> 80
    place = Partition(topic, partition_for(key, info.partitions))
    start = (await log.offsets_at([place], max(0, made - EARLIER)))[place]
    return await _first(log, place, start, key, made + LATER)


async def _first(log: Log, place: Partition, start: int, key: bytes, until: int) -> Record | None:
    end = (await log.bounds([place]))[place].end
    reader = await log.reader({place: start})
    at = start
    try:
        while at < end:
            records = (await reader.poll(POLL_EVENTS, POLL_TIMEOUT)).get(place, ())
            for record in records:
                if record.key == key and _creates(record):
                    return record
            if not records or records[-1].timestamp > until:
                return None
            at = records[-1].offset + 1
    finally:
        await reader.close()
    return None


def _creates(record: Record) -> bool:
    try:
        return decode_envelope(record.headers).type == "PostCreated"
    except EnvelopeInvalid:
        return False

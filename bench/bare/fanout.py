"""The bare loop of fan-out: Kafka -> decode PostCreated -> followers in memory -> unlogged batches of 200 rows."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from uuid import UUID

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from cassandra.query import PreparedStatement

from bench.bare.batches import BareBatches, BareRow
from bench.bare.sessions import bare_session, prepare_insert
from bench.measure import Spent, Watch
from libs.events import PostCreated
from libs.log import Bounds, Partition
from services.feeds.calendar import week_of
from services.feeds.tables import HOME

BATCH = 200
POLL = 1_000
MONTH = 30 * 86_400
QUIET_MS = 10_000

_decode = msgspec.json.Decoder(PostCreated).decode


async def bare_fanout(
    kafka: str, views: str, bounds: Mapping[Partition, Bounds], followers: Mapping[UUID, Sequence[UUID]]
) -> Spent:
    """Push the posts within these bounds into homes; what that took from the first poll on."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="none")
    await consumer.start()
    try:
        async with bare_session(views) as session:
            insert = await prepare_insert(session, HOME, expiring=True)
            places = {TopicPartition(*place): bound for place, bound in bounds.items() if bound.end > bound.start}
            consumer.assign(list(places))
            for place, bound in places.items():
                consumer.seek(place, bound.start)
            return await _push(consumer, BareBatches(session), insert, followers, _count(places.values()))
    finally:
        await consumer.stop()


async def _push(
    consumer: AIOKafkaConsumer,
    batches: BareBatches,
    insert: PreparedStatement,
    followers: Mapping[UUID, Sequence[UUID]],
    left: int,
) -> Spent:
    watch = Watch()
    while left > 0:
        polled = await asyncio.wait_for(consumer.getmany(max_records=POLL, timeout_ms=QUIET_MS), 2 * QUIET_MS / 1000)
        for records in polled.values():
            left -= len(records)
            rows = (row for record in records for row in _rows(record, insert, followers))
            while batch := list(islice(rows, BATCH)):
                await batches.send(batch)
    await batches.drain()
    return watch.spent()


def _rows(
    record: ConsumerRecord, insert: PreparedStatement, followers: Mapping[UUID, Sequence[UUID]]
) -> Iterator[BareRow]:
    post = _decode(record.value)
    week, stamp = week_of(post.post), record.offset << 8
    for follower in (post.author, *followers[post.author]):
        yield BareRow(insert, (follower, week, post.post, post.author, post.author, stamp, MONTH))


def _count(bounds: Iterable[Bounds]) -> int:
    return sum(bound.end - bound.start for bound in bounds)

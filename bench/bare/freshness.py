"""The bare way from an acknowledged record to a row that can be read: aiokafka, one INSERT, one SELECT."""

import asyncio
import time
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from cassandra.cluster import Session
from cassandra.query import PreparedStatement

from bench.bare.kafka import create_topic
from bench.bare.sessions import bare_session, prepare_insert
from libs.events import new_id
from libs.views.cassandra.statements import qualified
from services.feeds.tables import HOME

TIMEOUT = 5.0
VALUE = b" " * 400


async def bare_freshness(kafka: str, views: str, topic: str, count: int) -> list[float]:
    """Milliseconds from the acknowledgement to the row in a SELECT, one after the other."""
    await create_topic(kafka, topic)
    producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True, acks="all")
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await asyncio.gather(producer.start(), consumer.start())
    try:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_end()
        async with bare_session(views) as session:
            insert = await prepare_insert(session, HOME)
            text = f"SELECT post FROM {qualified(session.keyspace, HOME.name)} WHERE account = ? AND week = 0 LIMIT 20"
            select = await asyncio.to_thread(session.prepare, text)
            account = new_id()
            return [
                await _once(producer, consumer, topic, Rows(session, insert, select, account)) for _ in range(count)
            ]
    finally:
        await asyncio.gather(producer.stop(), consumer.stop())


class Rows:
    """One home, written and read."""

    def __init__(self, session: Session, insert: PreparedStatement, select: PreparedStatement, account: UUID) -> None:
        """On the running event loop."""
        self._session, self._insert, self._select, self._account = session, insert, select, account
        self._loop = asyncio.get_running_loop()

    async def put(self, stamp: int) -> None:
        """A new post in the home."""
        await self._ask(self._insert, (self._account, 0, new_id(), self._account, self._account, stamp))

    async def read(self) -> None:
        """The newest 20."""
        await self._ask(self._select, (self._account,))

    async def _ask(self, statement: PreparedStatement, values: tuple[object, ...]) -> None:
        future: asyncio.Future[None] = self._loop.create_future()
        self._session.execute_async(statement, values).add_callbacks(
            lambda _: self._loop.call_soon_threadsafe(future.set_result, None),
            lambda error: self._loop.call_soon_threadsafe(future.set_exception, error),
        )
        await asyncio.wait_for(future, TIMEOUT)


async def _once(producer: AIOKafkaProducer, consumer: AIOKafkaConsumer, topic: str, rows: Rows) -> float:
    waiting = asyncio.create_task(consumer.getone())
    await producer.send_and_wait(topic, VALUE, partition=0)
    acknowledged = time.perf_counter()
    record = await asyncio.wait_for(waiting, TIMEOUT)
    await rows.put(record.offset)
    await rows.read()
    return (time.perf_counter() - acknowledged) * 1000

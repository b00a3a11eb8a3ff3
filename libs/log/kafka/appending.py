"""Appending through an idempotent producer that never outlives a failure.

aiokafka never gives up on a batch of an idempotent producer: it would write, minutes later, what its caller was long
told had failed; and a batch that did fail leaves a gap in the sequence that blocks its partition for ever. So whatever
fails or takes too long ends the producer with all that it holds, and the next append starts another.
"""

import asyncio
from collections.abc import Sequence
from time import perf_counter

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.structs import RecordMetadata

from libs.log.kafka.clock import BrokerClock
from libs.log.kafka.errors import translate
from libs.log.kafka.producers import discard, start_producer, stop_producer
from libs.log.kafka.settings import KafkaSettings
from libs.log.port import Entry, LogUnavailable, Place
from libs.telemetry import metrics

MAX_WAITING = 10_000
"""Appends under way."""
TURN = 200
"""Entries buffered before the loop may go on: about 3 ms."""

Delivery = asyncio.Future[RecordMetadata]


class Appender:
    """Appends entries whose topics exist."""

    def __init__(self, settings: KafkaSettings, clock: BrokerClock) -> None:
        """Connects with the first append. `clock` hears what each tells of the broker's."""
        self._settings, self._clock = settings, clock
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._discarding: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._closed = False

    async def append(self, entries: Sequence[Entry]) -> list[Place]:
        """Raises LogUnavailable; then nothing of it is written any more, except what is on the wire to the broker:
        the request under way is given a few seconds, and a broker that was stuck may read it once it no longer is.
        """
        if self._waiting >= MAX_WAITING:
            raise LogUnavailable(f"{MAX_WAITING} appends are waiting already")
        deliveries: list[Delivery] = []
        producer = None
        self._waiting += 1
        began, started = self._clock.begin(), perf_counter()
        try:
            async with asyncio.timeout(self._settings.delivery_timeout_s):
                producer = await self._current()
                for n, entry in enumerate(entries, start=1):
                    deliveries.append(await _send(producer, entry))
                    if n % TURN == 0:
                        await asyncio.sleep(0)
                delivered = await asyncio.gather(*deliveries)
                if delivered:
                    self._clock.end(began, delivered[-1])
                places = [_place(metadata) for metadata in delivered]
                metrics.store_called("kafka", "append", perf_counter() - started)
                return places
        except (KafkaError, OSError, TimeoutError) as error:
            metrics.store_failed("kafka", "append")
            self._give_up(producer)
            raise translate(error, f"appending to {entries[0].topic}") from error
        finally:
            self._waiting -= 1
            _forget(deliveries)

    async def close(self) -> None:
        """Write what was accepted. Safe to call twice."""
        async with self._starting:
            self._closed = True
            producer, self._producer = self._producer, None
        if producer is not None:
            await stop_producer(producer, self._settings.delivery_timeout_s)
        if self._discarding:
            await asyncio.wait(self._discarding)

    async def _current(self) -> AIOKafkaProducer:
        """The producer of this moment."""
        async with self._starting:
            if self._closed:
                raise LogUnavailable("the log is closed")
            if self._producer is None:
                self._producer = await start_producer(self._settings)
            return self._producer

    def _give_up(self, producer: AIOKafkaProducer | None) -> None:
        if producer is None or producer is not self._producer:
            return
        self._producer = None
        task = discard(producer)
        self._discarding.add(task)
        task.add_done_callback(self._discarding.discard)


async def _send(producer: AIOKafkaProducer, entry: Entry) -> Delivery:
    """Into the producer's buffer; waits where that is full."""
    sent: Delivery = await producer.send(entry.topic, entry.value, entry.key, headers=list(entry.headers))
    return sent


def _place(metadata: RecordMetadata) -> Place:
    """The broker that forgot the offset of a batch which it already had gives -1."""
    if metadata.offset < 0:
        raise KafkaConnectionError("it was written before, but the broker does not know where")
    return Place(metadata.topic, metadata.partition, metadata.offset)


def _forget(deliveries: Sequence[Delivery]) -> None:
    """Nobody waits for these any more: cancelled ones are passed over, failed ones were told of."""
    for delivery in deliveries:
        if not delivery.cancel() and not delivery.cancelled():
            delivery.exception()

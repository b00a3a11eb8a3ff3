"""Appending through an idempotent producer that never outlives a failure.

aiokafka never gives up on a batch of an idempotent producer: it would write, minutes later, what its caller was long
told had failed; and a batch that did fail leaves a gap in the sequence that blocks its partition for ever. So whatever
fails or takes too long ends the producer with all that it holds, and the next append starts another.
"""

import asyncio
import logging
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.structs import RecordMetadata

from libs.log.kafka.errors import translate
from libs.log.kafka.settings import KafkaSettings
from libs.log.port import Entry, LogUnavailable, Place

MAX_WAITING = 10_000
"""Appends under way."""
BATCH_BYTES = 64 << 10
REQUEST_BYTES = 4 << 20
"""Above our own bound of a record: the port's ValueError comes first."""
STOP_TIMEOUT = 5.0

_log = logging.getLogger(__name__)


class Appender:
    """Appends entries whose topics exist."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Connects with the first append, or with `start`."""
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._discarding: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._closed = False

    async def append(self, entries: Sequence[Entry]) -> list[Place]:
        """Raises LogUnavailable; then nothing of it is written any more that was not written already."""
        if self._waiting >= MAX_WAITING:
            raise LogUnavailable(f"{MAX_WAITING} appends are waiting already")
        self._waiting += 1
        try:
            producer = await self.start()
            return await self._deliver(producer, entries)
        finally:
            self._waiting -= 1

    async def start(self) -> AIOKafkaProducer:
        """The producer of this moment. Raises LogUnavailable."""
        async with self._starting:
            if self._closed:
                raise LogUnavailable("the log is closed")
            if self._producer is None:
                self._producer = await self._start()
            return self._producer

    async def close(self) -> None:
        """Write what was accepted. Safe to call twice."""
        async with self._starting:
            self._closed = True
            producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), self._settings.delivery_timeout_s)
            except (KafkaError, TimeoutError) as error:
                _log.error("closed the log without knowing whether all was written: %r", error)
                self._discard(producer)
        if self._discarding:
            await asyncio.wait(self._discarding)

    async def _start(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self._settings.client_options(),
            enable_idempotence=True,
            acks="all",
            linger_ms=self._settings.linger_ms,
            max_batch_size=BATCH_BYTES,
            max_request_size=REQUEST_BYTES,
            request_timeout_ms=int(self._settings.delivery_timeout_s * 1000),
        )
        try:
            async with asyncio.timeout(self._settings.delivery_timeout_s):
                await producer.start()
        except BaseException as error:
            await producer.stop()
            if isinstance(error, KafkaError | OSError | TimeoutError):
                raise translate(error, "starting a producer") from error
            raise
        return producer

    async def _deliver(self, producer: AIOKafkaProducer, entries: Sequence[Entry]) -> list[Place]:
        futures: list[asyncio.Future[RecordMetadata]] = []
        try:
            async with asyncio.timeout(self._settings.delivery_timeout_s):
                for entry in entries:
                    futures.append(await _send(producer, entry))  # noqa: PERF401 - what was sent before a failure counts
                return [_place(metadata) for metadata in await asyncio.gather(*futures)]
        except (KafkaError, OSError, TimeoutError) as error:
            if self._producer is producer:
                self._producer = None
                self._discard(producer)
            raise translate(error, f"appending to {entries[0].topic}") from error
        finally:
            _forget(futures)

    def _discard(self, producer: AIOKafkaProducer) -> None:
        """Nothing of it may be sent from here on; whoever waits for it hears at once."""
        producer._message_accumulator.fail_all(KafkaConnectionError("the producer failed"))
        producer._sender.sender_task.cancel()
        task = asyncio.create_task(_stop(producer))
        self._discarding.add(task)
        task.add_done_callback(self._discarding.discard)


async def _stop(producer: AIOKafkaProducer) -> None:
    try:
        await asyncio.wait_for(producer.stop(), STOP_TIMEOUT)
    except (KafkaError, TimeoutError) as error:
        _log.warning("a failed producer did not stop cleanly: %r", error)
    await producer.client.close()


async def _send(producer: AIOKafkaProducer, entry: Entry) -> asyncio.Future[RecordMetadata]:
    """Into the producer's buffer; waits where that is full."""
    sent: asyncio.Future[RecordMetadata] = await producer.send(
        entry.topic, entry.value, entry.key, headers=list(entry.headers)
    )
    return sent


def _place(metadata: RecordMetadata) -> Place:
    """The broker that forgot the offset of a batch which it already had gives -1."""
    if metadata.offset < 0:
        raise KafkaConnectionError("it was written before, but the broker does not know where")
    return Place(metadata.topic, metadata.partition, metadata.offset)


def _forget(futures: Sequence[asyncio.Future[RecordMetadata]]) -> None:
    """Nobody waits for these any more: cancelled ones are passed over, failed ones were told of."""
    for future in futures:
        if not future.cancel() and not future.cancelled():
            future.exception()

"""aiokafka's idempotent producer as the log uses it, and how to be rid of one."""

import asyncio
import logging
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError

from libs.log.kafka.settings import KafkaSettings
from libs.log.partitioner import partition_for

BATCH_BYTES = 64 << 10
REQUEST_BYTES = 4 << 20
"""Above our own bound of a record: the port's ValueError comes first."""
STOP_TIMEOUT = 5.0

_log = logging.getLogger(__name__)


async def start_producer(settings: KafkaSettings) -> AIOKafkaProducer:
    """Connected, with a producer id. Raises KafkaError, OSError; waits for ever where no broker gives an id."""
    producer = AIOKafkaProducer(
        **settings.client_options(),
        enable_idempotence=True,
        acks="all",
        linger_ms=settings.linger_ms,
        max_batch_size=BATCH_BYTES,
        max_request_size=REQUEST_BYTES,
        request_timeout_ms=int(settings.delivery_timeout_s * 1000),
        partitioner=_partition,
    )
    try:
        await producer.start()
    except BaseException:
        await producer.stop()
        raise
    return producer


async def stop_producer(producer: AIOKafkaProducer, patience: float) -> None:
    """Deliver what it holds, for `patience` seconds at most; then drop the rest."""
    try:
        await asyncio.wait_for(producer.stop(), patience)
    except (KafkaError, OSError, TimeoutError) as error:
        _log.error("a producer ended without knowing whether all was written: %r", error)
        await discard(producer)


def discard(producer: AIOKafkaProducer) -> asyncio.Task[None]:
    """Nothing of it is sent from here on; whoever waits for it hears at once. The task is done when it is gone."""
    sender = producer._sender
    sender.sender_task.remove_done_callback(sender._fail_all)  # it trips over batches that have failed already
    producer._message_accumulator.fail_all(KafkaConnectionError("the producer failed"))
    sender.sender_task.cancel()
    return asyncio.create_task(_end(producer, sender.sender_task), name="end a failed producer")


async def _end(producer: AIOKafkaProducer, sending: asyncio.Task[None]) -> None:
    """Its last request is under way; where the broker does not answer, cut the connection."""
    _, late = await asyncio.wait([sending], timeout=STOP_TIMEOUT)
    await producer.client.close()
    if late:
        sending.cancel()
        await asyncio.wait([sending], timeout=STOP_TIMEOUT)
    if sending.done() and not sending.cancelled() and sending.exception():
        _log.info("a failed producer ended with %r", sending.exception())
    await asyncio.wait_for(producer.stop(), STOP_TIMEOUT)


def _partition(key: bytes, partitions: Sequence[int], available: Sequence[int]) -> int:
    """As both twins do it: aiokafka's own is the same function, without a cache."""
    return partition_for(key, len(partitions))

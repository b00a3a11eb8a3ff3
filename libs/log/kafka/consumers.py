"""aiokafka's consumers as the log uses them: they move only where they are told to."""

import asyncio
import logging

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from libs.log.kafka.errors import CALL_TIMEOUT
from libs.log.kafka.settings import KafkaSettings

FETCH_WAIT_MS = 100
"""How long the broker holds a fetch that finds nothing. A partition whose records were just taken waits for the fetch
under way without it: this bounds that delay. Shorter ones cost an idle broker and client 1.5 ms of processor each."""
FETCH_BYTES = 2 << 20
"""One response of a broker: aiokafka reads it in one piece, and 12 MB hold the event loop for 40 ms, 2 MB for 5."""
STOP_PATIENCE = 2.0
"""Seconds before the connections are cut under a consumer that does not stop, such as one that waits to join."""

_log = logging.getLogger(__name__)


def new_consumer(settings: KafkaSettings, group: str | None = None, instance: str | None = None) -> AIOKafkaConsumer:
    """Not started."""
    session, rebalance = int(settings.session_timeout_s * 1000), int(settings.rebalance_timeout_s * 1000)
    return AIOKafkaConsumer(
        **settings.client_options(),
        group_id=group,
        group_instance_id=instance,
        auto_offset_reset="none",
        enable_auto_commit=False,
        session_timeout_ms=session,
        heartbeat_interval_ms=session // 10,
        rebalance_timeout_ms=rebalance,
        # A join may take as long as the rebalance. No longer: aiokafka gives as much to connecting, and where a broker
        # has come back at another address, nobody answers at the old one.
        request_timeout_ms=rebalance + 2_000,
        fetch_max_wait_ms=FETCH_WAIT_MS,
        fetch_max_bytes=FETCH_BYTES,
    )


async def start_consumer(consumer: AIOKafkaConsumer) -> None:
    """Connect. Raises KafkaError, OSError, TimeoutError; then the consumer is stopped."""
    try:
        async with asyncio.timeout(CALL_TIMEOUT):
            await consumer.start()
    except BaseException:
        await stop_consumer(consumer)
        raise


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Disconnect, whatever the state of the brokers. Safe to call twice."""
    stopping = asyncio.ensure_future(consumer.stop())
    _, late = await asyncio.wait([stopping], timeout=STOP_PATIENCE)
    if late:
        await consumer._client.close()
        _, late = await asyncio.wait([stopping], timeout=STOP_PATIENCE)
    if late:
        stopping.cancel()
        await asyncio.wait([stopping])
    if stopping.cancelled() or isinstance(stopping.exception(), KafkaError | OSError):
        _log.warning("a consumer did not stop cleanly")
    else:
        stopping.result()

"""How long a consumer waits for a broker that does not answer."""

import socket
import time

import pytest
from aiokafka.structs import BrokerMetadata

from libs.log.kafka.consumers import new_consumer, stop_consumer
from libs.log.kafka.settings import KafkaSettings

NODE = 1
REBALANCE = 0.2


@pytest.mark.slow
async def test_it_waits_hardly_longer_than_for_a_rebalance_where_a_broker_was_before_it_moved() -> None:
    """Whoever is connecting holds up all others: 40 seconds, if aiokafka had its way."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        address = silent.getsockname()
        with socket.create_connection(address):  # the one that it takes; to the next it says nothing
            consumer = new_consumer(KafkaSettings(bootstrap="unused:1", rebalance_timeout_s=REBALANCE))
            client = consumer._client
            client.cluster._brokers[NODE] = BrokerMetadata(NODE, *address, None)
            began = time.monotonic()
            assert not await client.ready(NODE)
            assert REBALANCE < time.monotonic() - began < 10 * (REBALANCE + 2)
            await stop_consumer(consumer)

"""What crash tests build on: a killed server starts again on the same port, with all that it acknowledged."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from cassandra.cluster import Cluster

from qiao.servers import CassandraServer, KafkaServer
from tests.servers import create_topic

pytestmark = pytest.mark.servers
_WRITES = 300


@pytest.fixture
def mortal_kafka(tmp_path: Path) -> Iterator[KafkaServer]:
    with KafkaServer(tmp_path) as server:
        yield server


async def test_a_killed_kafka_comes_back_with_every_acknowledged_record(mortal_kafka: KafkaServer) -> None:
    address = mortal_kafka.address
    await create_topic(address, "posts")
    async with AIOKafkaProducer(bootstrap_servers=address, acks="all", enable_idempotence=True) as producer:
        for _ in range(_WRITES):
            await producer.send_and_wait("posts", b"ni hao")
        await asyncio.to_thread(mortal_kafka.kill)
        await asyncio.to_thread(mortal_kafka.restart)
    async with AIOKafkaConsumer(bootstrap_servers=address) as consumer:
        ends = await consumer.end_offsets([TopicPartition("posts", 0)])
    assert list(ends.values()) == [_WRITES]


def test_a_killed_cassandra_that_syncs_every_write_comes_back_with_every_acknowledged_row(tmp_path: Path) -> None:
    with CassandraServer(tmp_path) as server:
        write_rows(server.port)
        server.kill()
        server.restart()
        assert count_rows(server.port) == _WRITES


def write_rows(port: int) -> None:
    with Cluster(["127.0.0.1"], port=port, protocol_version=5) as cluster:
        session = cluster.connect()
        session.execute("CREATE KEYSPACE k WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}")
        session.execute("CREATE TABLE k.rows (a int, b int, PRIMARY KEY (a, b))")
        insert = session.prepare("INSERT INTO k.rows (a, b) VALUES (0, ?)")
        for number in range(_WRITES):
            session.execute(insert, (number,))


def count_rows(port: int) -> int:
    with Cluster(["127.0.0.1"], port=port, protocol_version=5) as cluster:
        return int(cluster.connect().execute("SELECT count(*) FROM k.rows WHERE a = 0").one()[0])

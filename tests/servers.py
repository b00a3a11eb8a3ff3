"""The real Kafka and Cassandra of one test session, and names in them that no other test uses.

`QIAO_TEST_KAFKA` and `QIAO_TEST_CASSANDRA` (host:port) name running servers to use; otherwise each is started when the
first test asks for it and stopped after the last.
"""

import os
import uuid
from collections.abc import Iterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from cassandra.cluster import Cluster, Session

from qiao.servers import CassandraServer, KafkaServer


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port` of a running Kafka. A test that wants to kill one starts its own `KafkaServer`."""
    if running := os.environ.get("QIAO_TEST_KAFKA"):
        yield running
        return
    with KafkaServer(tmp_path_factory.mktemp("kafka")) as server:
        yield server.address


@pytest.fixture(scope="session")
def cassandra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port` of a running Cassandra. A test that wants to kill one starts its own `CassandraServer`."""
    if running := os.environ.get("QIAO_TEST_CASSANDRA"):
        yield running
        return
    with CassandraServer(tmp_path_factory.mktemp("cassandra"), sync_every_write=False) as server:
        yield server.address


@pytest.fixture(scope="session")
def cassandra_session(cassandra: str) -> Iterator[Session]:
    """A plain driver session, to prepare and to inspect from outside of the code under test. It blocks."""
    host, port = cassandra.split(":")
    cluster = Cluster([host], port=int(port), protocol_version=5)
    session = cluster.connect()
    session.default_timeout = 30.0
    yield session
    cluster.shutdown()


@pytest.fixture
def keyspace(cassandra_session: Session) -> Iterator[str]:
    """A keyspace name of this test alone; not created yet, dropped afterwards if the test did."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    yield name
    cassandra_session.execute(f"DROP KEYSPACE IF EXISTS {name}")


@pytest.fixture
def topic_prefix() -> str:
    """Put before topic and group names, so that this test shares none with another."""
    return f"t{uuid.uuid4().hex[:12]}."


async def create_topic(kafka: str, name: str) -> None:
    """Makes a topic of one partition in the Kafka at `kafka` (host:port)."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()

"""The fixtures themselves: a record goes through the real Kafka, a row through the real Cassandra."""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from cassandra.cluster import Session

from tests.servers import create_topic

pytestmark = pytest.mark.servers


async def test_a_record_produced_to_kafka_is_consumed_again(kafka: str, topic_prefix: str) -> None:
    topic = f"{topic_prefix}posts"
    await create_topic(kafka, topic)
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, b"ni hao", key=b"post")
    async with AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        record = await consumer.getone()
    assert (record.offset, record.key, record.value) == (0, b"post", b"ni hao")


def test_a_row_inserted_into_cassandra_is_selected_again(cassandra_session: Session, keyspace: str) -> None:
    cassandra_session.execute(
        f"CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}}"
    )
    cassandra_session.execute(f"CREATE TABLE {keyspace}.cards (post text PRIMARY KEY, text text)")
    cassandra_session.execute(f"INSERT INTO {keyspace}.cards (post, text) VALUES ('p', '猫税') USING TIMESTAMP 7")
    row = cassandra_session.execute(f"SELECT text, writetime(text) AS stamp FROM {keyspace}.cards").one()
    assert (row.text, row.stamp) == ("猫税", 7)

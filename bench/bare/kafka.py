"""A topic for bare code."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic


async def create_topic(kafka: str, name: str) -> None:
    """Make it, with as many partitions as ours have; one that is there already stays."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=12, replication_factor=1)])
    finally:
        await admin.close()

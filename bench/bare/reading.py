"""Bare aiokafka: read some partitions from one offset to another, without a group."""

import time
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from libs.log import Bounds, Partition

Parts = Mapping[Partition, Bounds]


async def bare_reading(kafka: str, parts: Parts) -> float:
    """Records/s."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        left = {TopicPartition(*place): end for place, (start, end) in parts.items() if start < end}
        consumer.assign(list(left))
        for place in left:
            consumer.seek(place, parts[Partition(*place)].start)
        return await _read(consumer, left)
    finally:
        await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, left: dict[TopicPartition, int]) -> float:
    records, began = 0, time.perf_counter()
    while left:
        for place, messages in (await consumer.getmany(timeout_ms=1_000)).items():
            records += len(messages)
            if place in left and messages[-1].offset + 1 >= left[place]:
                del left[place]
    return records / (time.perf_counter() - began)

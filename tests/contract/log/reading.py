"""Helpers to write into a log and to read what a test expects to be there."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from libs.log import Entry, Log, Partition, Place, Reader, Record

PATIENCE = 20.0


async def append(log: Log, partition: Partition, *values: str) -> list[Place]:
    """One record each, in order. All keys are the same, so that they share a partition."""
    return await log.append([Entry(partition.topic, b"key", value.encode()) for value in values])


async def collect(reader: Reader, count: int, max_records: int = 1_000) -> list[Record]:
    """Poll until `count` records came: partitions mixed, the order of each kept."""
    records: list[Record] = []
    async with asyncio.timeout(PATIENCE):
        while len(records) < count:
            polled = await reader.poll(max_records, 5.0)
            assert sum(map(len, polled.values())) <= max_records
            records.extend(in_order(polled))
    return records


async def read(log: Log, partition: Partition, start: int, count: int) -> list[Record]:
    """`count` records of a partition from an offset on, by a reader of their own."""
    reader = await log.reader({partition: start})
    try:
        return await collect(reader, count)
    finally:
        await reader.close()


def in_order(polled: Mapping[Partition, Sequence[Record]]) -> list[Record]:
    """The records of a poll, each checked to be filed under its own partition."""
    for partition, records in polled.items():
        assert records, f"{partition} is there without a record"
        assert all((record.topic, record.partition) == partition for record in records)
    return [record for records in polled.values() for record in records]


def values(records: Iterable[Record]) -> list[str]:
    """What was appended."""
    return [record.value.decode() for record in records]


def placed(records: Iterable[Record]) -> list[Place]:
    """Where they stand."""
    return [Place(record.topic, record.partition, record.offset) for record in records]

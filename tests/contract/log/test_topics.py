"""Topics: creation, what is known of them, bounds, offsets by time."""

import asyncio

import pytest

from libs.log import Bounds, Log, LogError, Partition, TopicSpec, UnknownTopic
from tests.contract.log.conftest import PARTITIONS
from tests.contract.log.reading import append, read
from tests.waiting import eventually


async def test_topics_are_known_by_name_with_their_partitions_and_an_id(
    log: Log, topic: str, partition: Partition
) -> None:
    topics = await log.topics()
    assert topics[topic].name == topic
    assert topics[topic].partitions == PARTITIONS
    assert topics[topic].id
    assert topics[topic].id != topics[partition.topic].id


async def test_creating_again_changes_nothing(log: Log, topic: str) -> None:
    before = (await log.topics())[topic]
    await log.create([TopicSpec(topic, PARTITIONS), TopicSpec(topic, PARTITIONS)])
    assert (await log.topics())[topic] == before


async def test_creating_at_once_creates_once(log: Log, topic_prefix: str) -> None:
    specs = [TopicSpec(f"{topic_prefix}{n}", 2) for n in range(3)]
    await asyncio.gather(*(log.create(specs) for _ in range(4)))
    topics = await log.topics()
    assert [topics[spec.name].partitions for spec in specs] == [2, 2, 2]


async def test_other_partitions_than_those_there_are_refused_because_keys_must_stay_put(log: Log, topic: str) -> None:
    with pytest.raises(LogError, match=f"{topic} has {PARTITIONS} partitions, not 5: keys must stay put"):
        await log.create([TopicSpec(topic, 5)])
    assert (await log.topics())[topic].partitions == PARTITIONS


async def test_a_created_topic_takes_appends_at_once(log: Log, topic_prefix: str) -> None:
    for n in range(3):
        name = f"{topic_prefix}at-once-{n}"
        await log.create([TopicSpec(name, 1)])
        await append(log, Partition(name, 0), "first")


async def test_bounds_tell_the_first_offset_and_the_next(log: Log, partition: Partition) -> None:
    assert await log.bounds([partition]) == {partition: Bounds(0, 0)}
    await append(log, partition, "a", "b", "c")
    assert await log.bounds([partition]) == {partition: Bounds(0, 3)}
    assert await log.bounds([]) == {}


@pytest.mark.parametrize("number", [7, -1])
async def test_a_partition_that_does_not_exist_is_unknown(log: Log, topic: str, number: int) -> None:
    beyond = Partition(topic, number)
    for ask in (log.bounds([beyond]), log.offsets_at([beyond], 0), log.reader({beyond: 0})):
        with pytest.raises(UnknownTopic, match=topic):
            await ask


async def test_a_topic_that_does_not_exist_is_unknown_to_every_question(log: Log, topic_prefix: str) -> None:
    missing = Partition(f"{topic_prefix}missing", 0)
    for ask in (log.bounds([missing]), log.offsets_at([missing], 0), log.reader({missing: 0})):
        with pytest.raises(UnknownTopic, match="qiao migrate"):
            await ask


async def test_offsets_at_finds_the_first_record_at_or_after_a_time(log: Log, partition: Partition) -> None:
    for n in range(5):
        await append(log, partition, str(n))
        await asyncio.sleep(0.003)
    times = [record.timestamp for record in await read(log, partition, 0, 5)]

    async def at(timestamp: int) -> int:
        return (await log.offsets_at([partition], timestamp))[partition]

    for offset, timestamp in enumerate(times):
        assert await at(timestamp) == times.index(timestamp) <= offset
    assert await at(0) == 0
    assert await at(times[-1] + 1) == 5


async def test_offsets_at_of_an_empty_partition_is_its_end(log: Log, partition: Partition) -> None:
    assert await log.offsets_at([partition], 0) == {partition: 0}


async def test_an_open_log_is_healthy_and_a_closed_one_is_not(log: Log) -> None:
    assert await log.healthy()
    await log.close()
    assert not await log.healthy()


async def test_a_log_can_be_closed_twice(log: Log) -> None:
    await log.close()
    await log.close()


async def test_what_was_accepted_before_a_close_is_written(log: Log, partition: Partition) -> None:
    writes = [asyncio.create_task(append(log, partition, str(n))) for n in range(50)]
    await eventually(lambda: any(write.done() for write in writes))
    await log.close()
    for write in writes:
        assert len(await write) == 1

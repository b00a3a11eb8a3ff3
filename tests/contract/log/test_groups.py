"""Consumer groups: assignment, where to start, commits, doubles."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping

import pytest

from libs.log import Entry, Fenced, Log, LogError, OffsetOutOfRange, Partition, Reader, UnknownTopic
from tests.contract.log.conftest import PARTITIONS
from tests.contract.log.reading import append, collect, values
from tests.waiting import eventually


class Owner:
    """Who is told of partitions; begins each at the offset in `starts`, else at 0."""

    def __init__(self) -> None:
        self.starts: dict[Partition, int] = {}
        self.assigned: list[Partition] = []
        self.revoked: list[Partition] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def on_assigned(self, partitions: Iterable[Partition]) -> Mapping[Partition, int]:
        partitions = list(partitions)
        await self.gate.wait()
        self.assigned.extend(partitions)
        return {partition: self.starts.get(partition, 0) for partition in partitions}

    async def on_revoked(self, partitions: Iterable[Partition]) -> None:
        self.revoked.extend(partitions)


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
async def joined(log: Log) -> AsyncIterator[list[Reader]]:
    """Readers to close afterwards."""
    readers: list[Reader] = []
    yield readers
    for reader in readers:
        await reader.close()


async def join(log: Log, joined: list[Reader], topic: str, owner: Owner, instance: str = "worker-0") -> Reader:
    joined.append(
        await log.subscribe(
            f"{topic}.group", [topic], instance=instance, on_assigned=owner.on_assigned, on_revoked=owner.on_revoked
        )
    )
    return joined[-1]


async def test_a_lone_member_gets_every_partition_once(
    log: Log, topic: str, owner: Owner, joined: list[Reader]
) -> None:
    await log.append([Entry(topic, f"key {n}".encode(), str(n).encode()) for n in range(30)])
    records = await collect(await join(log, joined, topic, owner), 30)
    assert sorted(map(int, values(records))) == list(range(30))
    assert sorted(owner.assigned) == [Partition(topic, n) for n in range(PARTITIONS)]
    assert owner.revoked == []


async def test_each_partition_begins_where_its_owner_says(
    log: Log, partition: Partition, owner: Owner, joined: list[Reader]
) -> None:
    await append(log, partition, *(str(n) for n in range(10)))
    owner.starts[partition] = 7
    reader = await join(log, joined, partition.topic, owner)
    assert values(await collect(reader, 3)) == ["7", "8", "9"]
    await append(log, partition, "10")
    assert values(await collect(reader, 1)) == ["10"]


async def test_nothing_is_read_before_its_owner_has_said_where_to_begin(
    log: Log, partition: Partition, owner: Owner, joined: list[Reader]
) -> None:
    await append(log, partition, "a", "b")
    owner.starts[partition] = 1
    owner.gate.clear()
    reader = await join(log, joined, partition.topic, owner)
    polling = asyncio.create_task(collect(reader, 1))
    assert (await asyncio.wait([polling], timeout=0.5))[1]
    owner.gate.set()
    assert values(await polling) == ["b"]


async def test_a_beginning_out_of_range_is_told(
    log: Log, partition: Partition, owner: Owner, joined: list[Reader]
) -> None:
    await append(log, partition, "a")
    owner.starts[partition] = 5
    reader = await join(log, joined, partition.topic, owner)
    with pytest.raises(OffsetOutOfRange, match=partition.topic):
        await collect(reader, 1)


async def test_what_an_owner_fails_with_reaches_who_polls(log: Log, partition: Partition, joined: list[Reader]) -> None:
    class Refuses(Owner):
        async def on_assigned(self, partitions: Iterable[Partition]) -> Mapping[Partition, int]:
            raise RuntimeError("the views are of another log")

    reader = await join(log, joined, partition.topic, Refuses())
    with pytest.raises(RuntimeError, match="another log"):
        await collect(reader, 1)


async def test_a_commit_is_taken_and_does_not_move_the_reader(
    log: Log, partition: Partition, owner: Owner, joined: list[Reader]
) -> None:
    await append(log, partition, "a", "b")
    reader = await join(log, joined, partition.topic, owner)
    assert values(await collect(reader, 1, max_records=1)) == ["a"]
    await reader.commit({partition: 1})
    await reader.commit({Partition(partition.topic, 99): 1})
    await reader.commit({})
    assert values(await collect(reader, 1)) == ["b"]


async def test_a_member_that_comes_back_begins_where_its_owner_says_not_where_it_committed(
    log: Log, partition: Partition, owner: Owner, joined: list[Reader]
) -> None:
    await append(log, partition, "a", "b")
    first = await join(log, joined, partition.topic, owner)
    await collect(first, 2)
    await first.commit({partition: 2})
    await first.close()
    owner.starts[partition] = 1
    again = await join(log, joined, partition.topic, owner)
    assert values(await collect(again, 1)) == ["b"]


async def test_a_group_reader_can_pause_resume_and_seek(
    log: Log, partition: Partition, owner: Owner, joined: list[Reader]
) -> None:
    await append(log, partition, "a", "b", "c")
    reader = await join(log, joined, partition.topic, owner)
    assert values(await collect(reader, 3)) == ["a", "b", "c"]
    reader.seek(partition, 1)
    reader.pause([partition])
    assert await reader.poll(10, 0.3) == {}
    reader.resume([partition])
    assert values(await collect(reader, 2)) == ["b", "c"]


async def test_groups_do_not_share_their_positions(
    log: Log, partition: Partition, owner: Owner, joined: list[Reader]
) -> None:
    await append(log, partition, "a")
    await collect(await join(log, joined, partition.topic, owner), 1)
    other = await log.subscribe(
        f"{partition.topic}.other",
        [partition.topic],
        instance="worker-0",
        on_assigned=owner.on_assigned,
        on_revoked=owner.on_revoked,
    )
    joined.append(other)
    assert values(await collect(other, 1)) == ["a"]


async def test_the_older_of_two_members_of_one_name_is_fenced(
    log: Log, partition: Partition, owner: Owner, joined: list[Reader]
) -> None:
    await append(log, partition, "a")
    old = await join(log, joined, partition.topic, owner)
    await collect(old, 1)
    new = await join(log, joined, partition.topic, Owner())
    await collect(new, 1)

    async def fenced() -> bool:
        try:
            await old.poll(10, 0.1)
        except Fenced as error:
            return "end" in str(error)
        return False

    await eventually(fenced, timeout=30.0)
    await append(log, partition, "b")
    assert values(await collect(new, 1)) == ["b"]


async def test_a_topic_that_does_not_exist_cannot_be_joined(
    log: Log, topic_prefix: str, owner: Owner, joined: list[Reader]
) -> None:
    with pytest.raises(UnknownTopic, match="qiao migrate"):
        await join(log, joined, f"{topic_prefix}missing", owner)


async def test_an_embedded_group_has_one_member(log: Log, topic: str, owner: Owner, joined: list[Reader]) -> None:
    if log.system == "kafka":
        pytest.skip("Kafka's groups have many: see test_kafka.py")
    await join(log, joined, topic, owner, "worker-0")
    with pytest.raises(LogError, match="worker-0"):
        await join(log, joined, topic, owner, "worker-1")

"""What only Kafka can promise: groups of several members, brokers that go away and come back, settings of topics."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from libs.log import Entry, Log, LogError, LogUnavailable, Partition, Place, Reader, TopicSpec
from libs.log.kafka import KafkaSettings, open_log
from libs.log.kafka.keeping import KEPT
from qiao.servers import KafkaServer
from tests import waiting
from tests.contract.log.owners import Owner, join
from tests.contract.log.reading import append, collect, placed, read, values

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]

SESSION = 2.0
PARTITIONS = 4

eventually = partial(waiting.eventually, timeout=60.0)
"""A rebalance, or a broker that starts, takes its time on a busy machine."""


class Member:
    """A group's member with its owner, polling in the background as a host does."""

    def __init__(self, reader: Reader, owner: Owner) -> None:
        self.reader, self.owner = reader, owner
        self.got: list[str] = []
        self.troubles: list[LogUnavailable] = []
        self._polling = asyncio.create_task(self._poll())

    async def _poll(self) -> None:
        while True:
            try:
                for records in (await self.reader.poll(100, 0.2)).values():
                    self.got += values(records)
            except LogUnavailable as trouble:
                self.troubles.append(trouble)

    async def leave(self) -> None:
        """Close as a process that ends does."""
        self._polling.cancel()
        await asyncio.wait([self._polling])
        await self.reader.close()


@pytest.fixture
async def log(kafka: str) -> AsyncIterator[Log]:
    opened = await open_log(KafkaSettings(bootstrap=kafka, session_timeout_s=SESSION))
    yield opened
    await opened.close()


@pytest.fixture
async def topic(log: Log, topic_prefix: str) -> str:
    name = f"{topic_prefix}shared"
    await log.create([TopicSpec(name, PARTITIONS)])
    return name


@pytest.fixture
async def members(log: Log) -> AsyncIterator[list[Member]]:
    """Members to close afterwards."""
    joined: list[Member] = []
    yield joined
    for member in joined:
        await member.leave()


@pytest.fixture(scope="module")
def _own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    with KafkaServer(tmp_path_factory.mktemp("kafka")) as server:
        yield server


@pytest.fixture
def own_kafka(_own_kafka: KafkaServer) -> KafkaServer:
    """A running broker that a test may stop and kill. Not async: starting it blocks."""
    return _own_kafka if _own_kafka.running else _own_kafka.start().wait_ready()


@pytest.fixture
def own_topic(topic_prefix: str) -> str:
    """The name of a topic, to be created in the broker of our own."""
    return f"{topic_prefix}posts"


@asynccontextmanager
async def opened(server: KafkaServer, **options: float) -> AsyncIterator[Log]:
    """A log in the broker of our own."""
    log = await open_log(KafkaSettings(bootstrap=server.address, **options))
    try:
        yield log
    finally:
        await log.close()


async def member(log: Log, members: list[Member], topic: str, instance: str, owner: Owner | None = None) -> Member:
    owner = owner or Owner()
    members.append(Member(await join(log, topic, owner, instance), owner))
    return members[-1]


async def appended(log: Log, partition: Partition, value: str) -> bool:
    """Whether it was taken: a broker that has just started may be too slow at first."""
    try:
        return bool(await append(log, partition, value))
    except LogUnavailable:
        return False


def all_of(topic: str) -> set[Partition]:
    return {Partition(topic, number) for number in range(PARTITIONS)}


async def test_two_members_share_the_partitions_and_each_record_goes_to_its_owner(
    log: Log, topic: str, members: list[Member]
) -> None:
    first = await member(log, members, topic, "worker-0")
    await eventually(lambda: first.owner.held == all_of(topic))
    second = await member(log, members, topic, "worker-1")
    await eventually(lambda: first.owner.held | second.owner.held == all_of(topic) and second.owner.held)
    assert not first.owner.held & second.owner.held
    assert set(first.owner.revoked) == all_of(topic)
    await log.append([Entry(topic, f"key {n}".encode(), str(n).encode()) for n in range(100)])
    await eventually(lambda: len(first.got) + len(second.got) == 100)
    assert sorted(map(int, first.got + second.got)) == list(range(100))
    assert first.got
    assert second.got


async def test_a_member_without_partitions_is_told_that_it_has_none(
    log: Log, topic: str, members: list[Member]
) -> None:
    everyone = [await member(log, members, topic, f"worker-{number}") for number in range(PARTITIONS + 1)]
    await eventually(lambda: all(one.owner.asked for one in everyone))
    await eventually(lambda: set().union(*(one.owner.held for one in everyone)) == all_of(topic))
    assert [one.owner.held for one in everyone].count(set()) == 1


async def test_the_partitions_of_a_member_that_stays_away_go_to_the_other(
    log: Log, topic: str, members: list[Member]
) -> None:
    first, second = [await member(log, members, topic, f"worker-{n}") for n in range(2)]
    await eventually(lambda: first.owner.held | second.owner.held == all_of(topic) and second.owner.held)
    await second.leave()
    await eventually(lambda: first.owner.held == all_of(topic))


async def test_the_restart_of_a_static_member_moves_nothing(kafka: str, topic: str, members: list[Member]) -> None:
    patient = await open_log(KafkaSettings(bootstrap=kafka, session_timeout_s=15.0))
    try:
        first, second = [await member(patient, members, topic, f"worker-{n}") for n in range(2)]
        await eventually(lambda: first.owner.held | second.owner.held == all_of(topic) and second.owner.held)
        before = (list(first.owner.assigned), list(first.owner.revoked))
        await second.leave()
        returned = await member(patient, members, topic, "worker-1")
        await eventually(lambda: returned.owner.held == second.owner.held)
        assert (first.owner.assigned, first.owner.revoked) == before
        await patient.append([Entry(topic, f"key {n}".encode(), str(n).encode()) for n in range(100)])
        await eventually(lambda: sorted(map(int, first.got + returned.got)) == list(range(100)))
        assert (first.owner.assigned, first.owner.revoked) == before
    finally:
        for one in members:
            await one.leave()
        await patient.close()


async def test_an_owner_that_takes_longer_than_the_session_to_begin_stays_a_member(
    log: Log, topic: str, members: list[Member]
) -> None:
    owner = Owner()
    owner.gate.clear()
    await member(log, members, topic, "worker-0", owner)
    await eventually(lambda: owner.asked == 1)
    await asyncio.sleep(2 * SESSION)  # there is nothing to wait for: the promise is that nothing happens
    owner.gate.set()
    await eventually(lambda: owner.held == all_of(topic))
    assert owner.asked == 1


async def test_a_rebalance_calls_off_an_owner_that_has_not_begun_and_asks_again(
    log: Log, topic: str, members: list[Member]
) -> None:
    owner = Owner()
    owner.gate.clear()
    slow = await member(log, members, topic, "worker-0", owner)
    await eventually(lambda: owner.asked == 1)
    other = await member(log, members, topic, "worker-1")
    await eventually(lambda: owner.asked == 2)
    assert owner.assigned == []
    owner.gate.set()
    await eventually(lambda: len(owner.assigned) == PARTITIONS // 2)
    assert set(owner.assigned) | other.owner.held == all_of(topic)
    await log.append([Entry(topic, f"key {n}".encode(), str(n).encode()) for n in range(50)])
    await eventually(lambda: sorted(map(int, slow.got + other.got)) == list(range(50)))


async def test_a_commit_tells_tools_how_far_the_work_is(
    kafka: str, log: Log, topic: str, members: list[Member]
) -> None:
    one = await member(log, members, topic, "worker-0")
    await eventually(lambda: one.owner.held == all_of(topic))
    await one.reader.commit(dict.fromkeys(all_of(topic), 3))
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    offsets = await admin.list_consumer_group_offsets(f"{topic}.group")
    await admin.close()
    assert {place: known.offset for place, known in offsets.items()} == {
        TopicPartition(*partition): 3 for partition in all_of(topic)
    }


async def test_a_topic_keeps_everything_and_takes_its_time_from_the_broker(kafka: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    [response] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    await admin.close()
    settings = {name: value for name, value, *_ in response.resources[0][4]}
    assert settings["retention.ms"] == "-1"
    assert settings["retention.bytes"] == "-1"
    assert settings["cleanup.policy"] == "delete"
    assert settings["message.timestamp.type"] == "LogAppendTime"
    assert settings["min.insync.replicas"] == "1"


async def test_a_topic_that_was_deleted_and_created_again_has_another_id(kafka: str, log: Log, topic: str) -> None:
    before = (await log.topics())[topic]
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_topics([topic])
    await admin.close()

    async def created() -> bool:
        if topic in await log.topics():
            return False
        await log.create([TopicSpec(topic, PARTITIONS)])
        return True

    await eventually(created)
    assert (await log.topics())[topic].id != before.id


async def test_a_batch_that_the_broker_refuses_does_not_block_its_partition(
    kafka: str, log: Log, topic_prefix: str
) -> None:
    name = f"{topic_prefix}narrow"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1, topic_configs={"max.message.bytes": "1000"})])
    await admin.close()

    async def known() -> bool:
        return name in await log.topics()

    await eventually(known)  # brokers learn of a new topic a moment after it was created
    await append(log, Partition(name, 0), "before")
    with pytest.raises(ValueError, match="bound of the broker"):
        await append(log, Partition(name, 0), "x" * 2_000)
    await append(log, Partition(name, 0), "after")
    assert values(await read(log, Partition(name, 0), 0, 2)) == ["before", "after"]


async def test_a_large_append_lets_others_have_their_turn(log: Log, topic: str) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(others())
    places = await log.append([Entry(topic, f"key {n}".encode(), b"v") for n in range(10_000)])
    counting.cancel()
    assert len(set(places)) == 10_000
    assert turns > 40


async def test_a_broker_restart_is_tolerated_by_writers_readers_and_groups(
    own_kafka: KafkaServer, own_topic: str, members: list[Member]
) -> None:
    async with opened(own_kafka, session_timeout_s=20.0, delivery_timeout_s=60.0) as log:
        await log.create([TopicSpec(own_topic, PARTITIONS)])
        group = await member(log, members, own_topic, "worker-0")
        members.append(alone := Member(await log.reader(dict.fromkeys(all_of(own_topic), 0)), Owner()))
        await eventually(lambda: group.owner.held == all_of(own_topic))
        await log.append([Entry(own_topic, b"before", b"0")])
        restarting = asyncio.create_task(asyncio.to_thread(own_kafka.restart))
        await eventually(lambda: restarting.done() or not own_kafka.running)
        # Appended while the broker is away: it waits, and is written once.
        await log.append([Entry(own_topic, f"key {n}".encode(), str(n).encode()) for n in range(1, 20)])
        await restarting
        for one in (alone, group):
            await eventually(lambda one=one: sorted(map(int, one.got)) == list(range(20)))
        await group.reader.commit({Partition(own_topic, 0): 1})
        assert group.owner.revoked == []
        for one in (alone, group):
            await one.leave()


async def test_a_killed_broker_loses_no_acknowledged_append(own_kafka: KafkaServer, own_topic: str) -> None:
    partition = Partition(own_topic, 0)
    acknowledged: list[Place] = []

    async def write(log: Log, n: int) -> None:
        for i in range(1_000_000):
            try:
                acknowledged.extend(await append(log, partition, f"{n}-{i}"))
            except LogUnavailable:
                return

    async with opened(own_kafka, delivery_timeout_s=2.0) as log:
        await log.create([TopicSpec(own_topic, 1)])
        writers = [asyncio.create_task(write(log, n)) for n in range(8)]
        await eventually(lambda: len(acknowledged) > 500)
        await asyncio.to_thread(own_kafka.kill)
        await asyncio.gather(*writers)
        await asyncio.to_thread(own_kafka.restart)
        records = await read(log, partition, 0, (await log.bounds([partition]))[partition].end)
    assert set(acknowledged) <= set(placed(records))
    assert len(set(values(records))) == len(records)


async def test_an_append_that_failed_is_not_written_when_the_broker_is_back(
    own_kafka: KafkaServer, own_topic: str
) -> None:
    partition = Partition(own_topic, 0)
    async with opened(own_kafka, delivery_timeout_s=1.0) as log:
        await log.create([TopicSpec(own_topic, 1)])
        await eventually(lambda: appended(log, partition, "before"))
        await asyncio.to_thread(own_kafka.stop)
        began = time.monotonic()
        outcomes = await asyncio.gather(*(append(log, partition, "lost") for _ in range(50)), return_exceptions=True)
        assert all(isinstance(outcome, LogUnavailable) for outcome in outcomes)
        assert time.monotonic() - began < 5.0
        assert not await log.healthy()
        await asyncio.to_thread(own_kafka.restart)

        await eventually(lambda: appended(log, partition, "after"))
        records = await read(log, partition, 0, (await log.bounds([partition]))[partition].end)
    assert set(values(records)) == {"before", "after"}


async def unhealthy(log: Log) -> bool:
    return not await log.healthy()


async def test_a_broker_that_hangs_holds_nobody_up_for_ever(own_kafka: KafkaServer, own_topic: str) -> None:
    partition = Partition(own_topic, 0)
    async with opened(own_kafka, delivery_timeout_s=1.0) as log:
        await log.create([TopicSpec(own_topic, 1)])
        reader = await log.reader({partition: 0})
        assert own_kafka.pid
        os.kill(own_kafka.pid, signal.SIGSTOP)
        try:
            await eventually(lambda: unhealthy(log))  # what it was about to say may still arrive
            began = time.monotonic()
            assert not await log.healthy()
            assert time.monotonic() - began < 1.5
            with pytest.raises(LogUnavailable):
                await append(log, partition, "a")
            assert await reader.poll(10, 0.2) == {}
            assert time.monotonic() - began < 5.0
            await log.close()
            assert time.monotonic() - began < 25.0
        finally:
            os.kill(own_kafka.pid, signal.SIGCONT)


async def test_a_log_without_a_broker_cannot_be_opened() -> None:
    with pytest.raises(LogUnavailable):
        await open_log(KafkaSettings(bootstrap="127.0.0.1:1"))


async def test_a_member_whose_coordinator_broke_down_joins_again(log: Log, topic: str, members: list[Member]) -> None:
    one = await member(log, members, topic, "worker-0")
    await eventually(lambda: one.owner.held == all_of(topic))
    break_heartbeats(one.reader)
    await eventually(lambda: one.troubles)
    await eventually(lambda: len(one.owner.assigned) == 2 * PARTITIONS)
    assert set(one.owner.revoked) == all_of(topic)
    await log.append([Entry(topic, f"key {n}".encode(), str(n).encode()) for n in range(20)])
    await eventually(lambda: sorted(map(int, one.got)) == list(range(20)))


async def test_a_reader_whose_fetcher_broke_down_goes_on_where_it_was(log: Log, topic_prefix: str) -> None:
    partition = Partition(f"{topic_prefix}single", 0)
    await log.create([TopicSpec(partition.topic, 1)])
    await append(log, partition, "a", "b", "c")
    reader = await log.reader({partition: 0})
    assert values(await collect(reader, 1, max_records=1)) == ["a"]
    reader._consumer._fetcher._fetch_task.cancel()  # type: ignore[attr-defined]

    async def told() -> bool:
        try:
            await reader.poll(1, 0.0)
        except LogUnavailable:
            return True
        return False

    reader.seek(partition, 1)
    await eventually(told)
    assert values(await collect(reader, 2)) == ["b", "c"]
    await reader.close()


def break_heartbeats(reader: Reader) -> None:
    """Trip aiokafka's coordinator over a bug: it never comes back from one."""

    async def trip() -> bool:
        raise RuntimeError("a bug of aiokafka")

    reader._consumer._coordinator._do_heartbeat = trip  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("retention.ms", "604800000"),
        ("retention.bytes", "1000000"),
        ("cleanup.policy", "compact"),
        ("message.timestamp.type", "CreateTime"),
    ],
)
async def test_a_topic_made_by_hand_that_would_not_keep_everything_is_refused_by_name_and_setting(
    kafka: str, log: Log, topic_prefix: str, setting: str, value: str
) -> None:
    name = f"{topic_prefix}by-hand"
    await create_by_hand(kafka, log, name, {**KEPT, setting: value})
    with pytest.raises(LogError, match=f"topic {name} has {setting}={value}"):
        await log.create([TopicSpec(name, 1)])


async def test_a_topic_made_by_hand_that_keeps_everything_is_taken_as_it_is(
    kafka: str, log: Log, topic_prefix: str
) -> None:
    name = f"{topic_prefix}by-hand"
    await create_by_hand(kafka, log, name, KEPT)
    await log.create([TopicSpec(name, 1)])


async def create_by_hand(kafka: str, log: Log, name: str, settings: Mapping[str, str]) -> None:
    """A topic of one partition that an operator made; returns once brokers show it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1, topic_configs=dict(settings))])
    await admin.close()

    async def known() -> bool:
        return name in await log.topics()

    await eventually(known)

"""Worse days: a server gone for a minute, a full disk under Kafka, a worker that hangs. All passes without hands.

As in test_bad_days: once it is quiet, the log holds exactly what was acknowledged, and every page equals the model.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import pytest_asyncio

from qiao.servers import ServerDied
from qiao.servers.process import LocalServer
from tests.integration.asking import Request
from tests.integration.cluster import Cluster
from tests.integration.day import AWAY, RECOVERED, ClusterDay
from tests.integration.disk import Disk, disk, ways
from tests.integration.lag import lag_of
from tests.integration.outage import START, UNAVAILABLE, go_without
from tests.integration.watching import NOT_READY, SILENT, Watch, becomes_ready, finding
from tests.waiting import eventually

pytestmark = [
    pytest.mark.servers,
    pytest.mark.disaster,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.may_stall,
]

PEOPLE = 16
GONE = 60.0
NORMAL = 30.0
"""Seconds after the return of a server within which lag must be as before."""
MEGABYTES = 128
DEEDS = 60
SESSION = 30.0
"""Seconds that Kafka waits for a worker before its partitions go to another one."""
KUBELET = 2.0
"""Seconds between two starts of a server that ends by itself."""


@pytest.fixture(scope="module")
def kafka_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """Where Kafka keeps its log."""
    with tempfile.TemporaryDirectory() as here:
        way = ways(Path(here))[0]
    with disk(way, tmp_path_factory.mktemp("kafka") / "data", MEGABYTES) as data:
        yield data


@pytest.fixture(scope="module")
def cluster(kafka_disk: Disk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("worse-days"), kafka=kafka_disk.directory.parent).running() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def shared_day(cluster: Cluster) -> ClusterDay:
    return ClusterDay(cluster)


@pytest_asyncio.fixture
async def day(shared_day: ClusterDay) -> AsyncIterator[ClusterDay]:
    """The day goes on. What the processes said is shown where a test fails."""
    await shared_day.goes_on(PEOPLE)
    for role in (shared_day.cluster.feeds, shared_day.cluster.others):
        await becomes_ready(role.health)
    yield shared_day
    print(shared_day.cluster.tails())


async def test_kafka_gone_for_a_minute_refuses_posts_shows_homes_and_is_caught_up_half_a_minute_after(
    day: ClusterDay,
) -> None:
    outage = await go_without(day, day.cluster.kafka, GONE)
    outage.hold()
    assert outage.reads.keys() == {200}, "homes do not need Kafka"
    assert outage.normal_after < NORMAL
    await day.all_is_right()


async def test_cassandra_gone_for_a_minute_refuses_all_and_is_caught_up_half_a_minute_after(day: ClusterDay) -> None:
    outage = await go_without(day, day.cluster.cassandra, GONE)
    outage.hold()
    assert outage.normal_after < NORMAL
    await day.all_is_right()


async def test_a_full_disk_under_kafka_refuses_posts_until_there_is_room_and_loses_none(
    day: ClusterDay, kafka_disk: Disk
) -> None:
    life, kafka = day.life, day.cluster.kafka
    home = Request(method="GET", target="/v1/home?limit=5", token=life.people[0].token)
    seen = len(life.refused)
    async with day.trouble("the disk of Kafka is full", AWAY), Watch(day.gateway, home) as reads:
        kafka_disk.fill(_pid(kafka))
        await eventually(lambda: not kafka.running, RECOVERED)
        fell = time.monotonic()
        async with _kept(kafka):
            await eventually(lambda: len(life.refused) - seen >= DEEDS, RECOVERED)
            assert (await finding(day.gateway))[0] == NOT_READY
            kafka_disk.make_room(None)
            room = time.monotonic()
            await becomes_ready(day.gateway)
            print(f"Kafka had ended; ready {time.monotonic() - room:.1f} s after there was room")
    late = [one.at - room for one in life.refused[seen:] if one.code == UNAVAILABLE]
    assert max(late) <= START, late
    assert reads.statuses(fell, room).keys() == {200}, "homes do not need Kafka"
    await day.all_is_right()


async def test_a_hanging_worker_loses_its_partitions_to_another_and_steps_back_when_it_wakes(day: ClusterDay) -> None:
    cluster = day.cluster
    first, second = cluster.feeds, cluster.worker("feeds-two", "feeds", QIAO_INSTANCE="two")
    async with day.trouble("a worker that hangs"), lag_of(day.settings) as lag:
        second.start()
        await becomes_ready(second.health)
        first.freeze()
        frozen = time.monotonic()
        goal = day.life.done + DEEDS
        await eventually(lambda: day.life.done >= goal, RECOVERED)
        ends = await lag.ends()
        assert await lag.behind(ends), "it had no partition that anything came to"
        assert (await finding(first.health))[0] == SILENT
        await eventually(lambda: _folded(lag.behind(ends)), RECOVERED)
        print(f"its partitions were folded by another {time.monotonic() - frozen:.1f} s after it began to hang")
        first.thaw()
        woken = time.monotonic()
        await becomes_ready(first.health)
        print(f"it was ready {time.monotonic() - woken:.1f} s after it woke")
    await day.all_is_right()
    assert first.status is None
    assert second.status is None


async def _folded(behind: asyncio.Future[int]) -> bool:
    return await behind == 0


def _pid(server: LocalServer) -> int:
    assert server.pid is not None
    return server.pid


@asynccontextmanager
async def _kept(server: LocalServer) -> AsyncIterator[None]:
    """Started again and again where it ended, as Kubernetes does."""
    enough = asyncio.Event()

    async def keep() -> None:
        while not enough.is_set():
            if not server.running:
                with suppress(ServerDied):
                    await asyncio.to_thread(lambda: server.start().wait_ready(START))
            with suppress(TimeoutError):
                await asyncio.wait_for(enough.wait(), KUBELET)

    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        enough.set()
        await keeping

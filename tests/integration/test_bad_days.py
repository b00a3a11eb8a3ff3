"""Bad days: whatever is killed under load comes back without hands; nothing is lost, miscounted or shown twice.

One cluster of real processes lives through one trouble after the other. After each, once it is quiet, the log holds
exactly what was acknowledged, and every page that people see over HTTP equals the plain model of that log.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from qiao.load.gateway import Gateway
from qiao.load.lanes import Lane
from qiao.servers.ports import free_port
from tests.integration.clocks import Clock
from tests.integration.cluster import Cluster, Role
from tests.integration.crowd import Crowd
from tests.integration.day import AWAY, BEHIND, RECOVERED, ClusterDay, EmbeddedDay
from tests.integration.watching import NOT_READY, SILENT, becomes_ready, finding
from tests.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600), pytest.mark.may_stall]

PEOPLE = 16
NEWCOMERS = 4
"""At a gateway whose clock is off."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("bad-days")).running() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def shared_day(cluster: Cluster) -> ClusterDay:
    return ClusterDay(cluster)


@pytest_asyncio.fixture
async def day(shared_day: ClusterDay) -> AsyncIterator[ClusterDay]:
    """The day goes on. What the processes said is shown where a test fails."""
    await shared_day.goes_on(PEOPLE)
    yield shared_day
    print(shared_day.cluster.tails())


async def _kill_and_start(role: Role) -> None:
    await asyncio.to_thread(role.kill)
    role.start()


async def test_a_killed_feeds_worker_catches_up(day: ClusterDay) -> None:
    async with day.trouble("kill -9 of the feeds worker"):
        await _kill_and_start(day.cluster.feeds)
    await day.all_is_right()


async def test_a_killed_worker_of_accounts_and_posts_catches_up(day: ClusterDay) -> None:
    async with day.trouble("kill -9 of the accounts and posts worker", BEHIND):
        await _kill_and_start(day.cluster.others)
    await day.all_is_right()


async def test_a_killed_gateway_process_is_started_again_by_its_parent(day: ClusterDay) -> None:
    gateway = day.cluster.gateway
    before = await eventually(gateway.children)
    victim = min(before)
    async with day.trouble("kill -9 of one of two gateway processes"):
        os.kill(victim, signal.SIGKILL)
        await eventually(lambda: len(gateway.children() - {victim}) == len(before))
    await day.all_is_right()


async def test_a_killed_kafka_comes_back_to_processes_that_waited_for_it(day: ClusterDay) -> None:
    pids = _pids(day.cluster)
    async with day.trouble("kill -9 of Kafka", AWAY):
        await asyncio.to_thread(day.cluster.kafka.kill)
        await asyncio.to_thread(day.cluster.kafka.restart)
    await day.all_is_right()
    assert _pids(day.cluster) == pids


async def test_a_killed_cassandra_comes_back_to_processes_that_waited_for_it(day: ClusterDay) -> None:
    pids = _pids(day.cluster)
    async with day.trouble("kill -9 of Cassandra", AWAY):
        await asyncio.to_thread(day.cluster.cassandra.kill)
        await asyncio.to_thread(day.cluster.cassandra.restart)
    await day.all_is_right()
    assert _pids(day.cluster) == pids


async def test_of_two_workers_with_one_instance_id_one_ends_itself(day: ClusterDay) -> None:
    first, second = day.cluster.feeds, day.cluster.role("second-feeds", "worker", "feeds")
    async with day.trouble("a second feeds worker with the same instance id"):
        second.start()
        await eventually(lambda: (first.status is None) != (second.status is None), RECOVERED)
    survivor, fallen = (first, second) if first.status is None else (second, first)
    assert fallen.status == 2
    await day.all_is_right()
    assert survivor.status is None
    day.cluster.feeds = survivor


@pytest.mark.disaster
@pytest.mark.parametrize("off", [-60.0, 60.0])
async def test_a_worker_and_a_gateway_whose_clock_is_a_minute_off_say_so_and_do_no_harm(
    day: ClusterDay, off: float, tmp_path: Path
) -> None:
    cluster, clock = day.cluster, Clock(tmp_path / "clock", off)
    listen = f"127.0.0.1:{free_port()}"
    gateway = cluster.role("odd-gateway", "gateway", QIAO_LISTEN=listen, **clock.environment)
    async with day.trouble(f"clocks off by {off:+.0f} s"):
        await asyncio.to_thread(cluster.feeds.kill)
        worker = cluster.feeds = cluster.worker("odd-feeds", "feeds", **clock.environment).start()
        gateway.start()
        async with _people_at(day, gateway):
            for role in (gateway, worker):
                await eventually(lambda health=role.health: _says_its_clock_is_off(health), RECOVERED)
            posts = len(day.life.posts)
            await eventually(lambda: len(day.life.posts) >= posts + PEOPLE, RECOVERED)
            clock.set(0)
            for role in (gateway, worker):
                await becomes_ready(role.health)
    await day.all_is_right()
    await asyncio.to_thread(gateway.clean_up)


@asynccontextmanager
async def _people_at(day: ClusterDay, gateway: Role) -> AsyncIterator[None]:
    """Newcomers who live at another gateway of the platform, for as long as the block lasts."""
    address, lane = gateway.health, Lane(gateway.health)
    await eventually(lambda: _answers(address), RECOVERED)
    people = [await day.life.join(lane) for _ in range(NEWCOMERS)]
    lane.close()
    async with Crowd(day.life, address, people):
        yield


async def _answers(gateway: Gateway) -> bool:
    return (await finding(gateway))[0] != SILENT


async def _says_its_clock_is_off(gateway: Gateway) -> bool:
    status, said = await finding(gateway)
    return status == NOT_READY and '"clock":{"ok":false' in said


async def test_workers_and_gateways_that_are_told_to_stop_fail_no_request(day: ClusterDay) -> None:
    cluster = day.cluster
    before = len(day.life.repeated)
    async with day.trouble("SIGTERM of both workers, then of the gateway", BEHIND):
        for worker in (cluster.feeds, cluster.others):
            assert await asyncio.to_thread(worker.terminate) == 0
            worker.start()
        stopping = asyncio.create_task(asyncio.to_thread(cluster.gateway.terminate))
        await day.drains()
        with day.life.out_of_balance():
            assert await stopping == 0
            day.door = cluster.plain_gateway.start()
            await day.ready()
    # Who acts on a post that no worker has seen yet is told to come again: that is an answer.
    unanswered = [each for each in day.life.repeated[before:] if "catching-up" not in each]
    assert not unanswered, "requests that had reached the gateway were not answered"
    await day.all_is_right()


async def test_a_killed_plain_gateway_serves_again_once_it_is_started(day: ClusterDay) -> None:
    async with day.trouble("kill -9 of the only gateway"):
        await _kill_and_start(day.cluster.plain_gateway)
    await day.all_is_right()


@pytest_asyncio.fixture
async def embedded_day(tmp_path: Path) -> AsyncIterator[EmbeddedDay]:
    async with EmbeddedDay(tmp_path).running(PEOPLE) as day:
        yield day


async def test_a_killed_embedded_platform_has_lost_nothing_when_it_is_started_again(embedded_day: EmbeddedDay) -> None:
    for number in range(3):
        async with embedded_day.trouble(f"kill -9 of qiao up, {number}", BEHIND):
            await _kill_and_start(embedded_day.up)
    await embedded_day.all_is_right()


def _pids(cluster: Cluster) -> tuple[object, ...]:
    return cluster.feeds.pid, cluster.others.pid, cluster.gateway.children()

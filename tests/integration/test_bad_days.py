"""Bad days: whatever is killed under load comes back without hands; nothing is lost, miscounted or shown twice.

One cluster of real processes lives through one trouble after the other. After each, once it is quiet, the log holds
exactly what was acknowledged, and every page that people see over HTTP equals the plain model of that log.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import TypeVar
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from qiao.load.connection import GatewayAway
from qiao.load.gateway import Gateway
from qiao.load.lanes import Lane, each
from qiao.servers.ports import free_port
from qiao.settings import Settings, load
from qiao.stores import open_stores
from tests.integration.asking import Request
from tests.integration.cluster import Cluster, Role, environment
from tests.integration.crowd import Crowd
from tests.integration.load import Life, Person
from tests.integration.truth import Reader, Truth, behind, read_truth
from tests.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600), pytest.mark.may_stall]

SEED = 20_250_113
PEOPLE = 16
DEEDS = 60
"""That must be done before the trouble, and after it."""
READY = 120.0
RECOVERED = 120.0
QUIET = 90.0
READERS = 6

T = TypeVar("T")


class Day:
    """A platform, the people on it, and what is known of them."""

    def __init__(self, gateway: Gateway, settings: Settings, door: Role, life: Life) -> None:
        """`door` is the process that listens at `gateway`."""
        self.gateway, self.settings, self.door, self.life = gateway, settings, door, life

    async def ready(self) -> None:
        """Until the gateway says that it is ready."""
        lane = Lane(self.gateway)
        try:
            await eventually(lambda: self._is_ready(lane), READY)
        finally:
            lane.close()

    async def _is_ready(self, lane: Lane) -> bool:
        if self.door.status is not None:
            raise RuntimeError(f"it has ended.\n{self.door.tail()}")
        try:
            return (await lane.request("GET", "/readyz")).status == 200
        except GatewayAway:
            return False

    async def arrive(self, count: int) -> None:
        """So many new people."""
        lane = Lane(self.gateway)
        for _ in range(count):
            await self.life.join(lane)
        lane.close()

    @asynccontextmanager
    async def trouble(self, what: str) -> AsyncIterator[None]:
        """People live on while the block makes trouble; it ends when posts reach homes again."""
        life = self.life
        async with Crowd(life, self.gateway, list(life.people)) as crowd:
            await self._so_many_more_deeds(crowd)
            began, repeated = time.monotonic(), len(life.repeated)
            newcomer = asyncio.create_task(self.arrive(1))
            yield
            made = time.monotonic() - began
            posted, shown = await self._recovered(began)
            await newcomer
            await self._so_many_more_deeds(crowd)
        print(
            f"{what}: trouble made and mended in {made:.1f} s; a post acknowledged after {posted:.1f} s, in a home "
            f"after {shown:.1f} s; {len(life.repeated) - repeated} requests repeated"
        )

    async def _so_many_more_deeds(self, crowd: Crowd) -> None:
        goal = self.life.done + DEEDS

        def are_done() -> bool:
            crowd.check()
            return self.life.done >= goal

        await eventually(are_done, RECOVERED)

    async def _recovered(self, began: float) -> tuple[float, float]:
        """Seconds until a post was acknowledged, and until it showed."""
        lane, person = Lane(self.gateway), self.life.people[0]
        try:
            await self.life.say(lane, person)
            posted = time.monotonic() - began
            position = person.position
            await eventually(lambda: self._shows(lane, person, position), RECOVERED)
            return posted, time.monotonic() - began
        finally:
            lane.close()

    async def _shows(self, lane: Lane, person: Person, position: str) -> bool:
        request = Request(method="GET", target="/v1/home?limit=1", token=person.token, wait_for=position)
        reply = await self.life.answer(lane, request)
        return reply.status == 200 and reply.header("Qiao-Stale") is None

    async def all_is_right(self) -> None:
        """Once it is quiet, the log holds what was acknowledged, and every page is what follows from it."""
        async with open_stores(self.settings, beside=True) as stores:
            truth = await read_truth(stores)

            async def is_quiet() -> bool:
                lagging = await behind(stores.views, self.settings, truth.ends)
                assert not lagging, lagging
                return True

            await eventually(is_quiet, QUIET)
        truth.hold_against(self.life)
        await self._compare(truth)
        print(f"  {len(truth.model.posts)} posts, {truth.copies} events that stand in the log twice")

    async def _compare(self, truth: Truth) -> None:
        """Everything that anybody sees, beside the model. Raises AssertionError at the first difference."""
        random = Random(SEED)
        roots = [post.event.post for post in truth.model.posts.values() if post.event.reply_to is None]
        jobs: list[Person | UUID] = [*self.life.people, *roots]

        async def one(lane: Lane, job: Person | UUID) -> None:
            async def ask(viewer: Person, target: str, kind: type[T]) -> T:
                reply = await self.life.answer(lane, Request(method="GET", target=target, token=viewer.token))
                assert reply.status == 200, f"{target}: {reply.status} {reply.body!r}"
                return msgspec.json.decode(reply.body, type=kind)

            reader = Reader(self.life, truth, ask, random)
            if isinstance(job, Person):
                await reader.see(job)
            else:
                await reader.follow_thread(job, random.choice(self.life.people))

        await each(self.gateway, READERS, jobs, one)


class ClusterDay(Day):
    """On Kafka and Cassandra."""

    def __init__(self, cluster: Cluster) -> None:
        """The cluster runs."""
        super().__init__(cluster.address, cluster.settings, cluster.gateway, Life(SEED))
        self.cluster = cluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("bad-days"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def shared_day(cluster: Cluster) -> ClusterDay:
    return ClusterDay(cluster)


@pytest_asyncio.fixture
async def day(shared_day: ClusterDay) -> AsyncIterator[ClusterDay]:
    """The day goes on. What the processes said is shown where a test fails."""
    await shared_day.ready()
    if not shared_day.life.people:
        await shared_day.arrive(PEOPLE)
    yield shared_day
    print(shared_day.cluster.tails())


async def _in_thread(call: Callable[[], object]) -> None:
    await asyncio.to_thread(call)


async def _kill_and_start(role: Role) -> None:
    await _in_thread(role.kill)
    role.start()


async def test_a_killed_feeds_worker_catches_up(day: ClusterDay) -> None:
    async with day.trouble("kill -9 of the feeds worker"):
        await _kill_and_start(day.cluster.feeds)
    await day.all_is_right()


async def test_a_killed_worker_of_accounts_and_posts_catches_up(day: ClusterDay) -> None:
    async with day.trouble("kill -9 of the accounts and posts worker"):
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
    async with day.trouble("kill -9 of Kafka"):
        await _in_thread(day.cluster.kafka.kill)
        await _in_thread(day.cluster.kafka.restart)
    await day.all_is_right()
    assert _pids(day.cluster) == pids


async def test_a_killed_cassandra_comes_back_to_processes_that_waited_for_it(day: ClusterDay) -> None:
    pids = _pids(day.cluster)
    async with day.trouble("kill -9 of Cassandra"):
        await _in_thread(day.cluster.cassandra.kill)
        await _in_thread(day.cluster.cassandra.restart)
    await day.all_is_right()
    assert _pids(day.cluster) == pids


async def test_of_two_workers_with_one_instance_id_one_ends_itself(day: ClusterDay) -> None:
    first, second = day.cluster.feeds, day.cluster.role("second-feeds", "worker", "feeds")
    async with day.trouble("a second feeds worker with the same instance id"):
        second.start()
        await eventually(lambda: (first.status is None) != (second.status is None), RECOVERED)
    survivor, fallen = (first, second) if first.status is None else (second, first)
    assert fallen.status == 1
    await day.all_is_right()
    assert survivor.status is None
    day.cluster.feeds = survivor


async def test_workers_and_gateways_that_are_told_to_stop_fail_no_request(day: ClusterDay) -> None:
    cluster = day.cluster
    hung_up = len(day.life.repeated)
    async with day.trouble("SIGTERM of both workers, then of the gateway"):
        for worker in (cluster.feeds, cluster.others):
            assert await asyncio.to_thread(worker.terminate) == 0
            worker.start()
        assert await asyncio.to_thread(cluster.gateway.terminate) == 0
        day.door = cluster.plain_gateway.start()
    refused = [why for why in day.life.repeated[hung_up:] if "nobody answers" not in why]
    assert not refused, "requests that had reached the gateway were not answered"
    await day.all_is_right()


async def test_a_killed_plain_gateway_serves_again_once_it_is_started(day: ClusterDay) -> None:
    async with day.trouble("kill -9 of the only gateway"):
        await _kill_and_start(day.cluster.plain_gateway)
    await day.all_is_right()


class EmbeddedDay(Day):
    """Everything in one process, on files."""

    def __init__(self, directory: Path) -> None:
        """Nothing runs yet."""
        port = free_port()
        settings = environment(listen=f"127.0.0.1:{port}", data=str(directory / "data"), sample="off")
        self.up = Role("up", ["up"], settings, directory)
        super().__init__(Gateway.listening_on("127.0.0.1", port), load(settings), self.up, Life(SEED + 1))


@pytest_asyncio.fixture
async def embedded_day(tmp_path: Path) -> AsyncIterator[EmbeddedDay]:
    day = EmbeddedDay(tmp_path)
    day.up.start()
    try:
        await day.ready()
        await day.arrive(PEOPLE)
        yield day
    finally:
        await asyncio.to_thread(day.up.clean_up)
        print(day.up.tail())


async def test_a_killed_embedded_platform_has_lost_nothing_when_it_is_started_again(embedded_day: EmbeddedDay) -> None:
    for number in range(3):
        async with embedded_day.trouble(f"kill -9 of qiao up, {number}"):
            await _kill_and_start(embedded_day.up)
    await embedded_day.all_is_right()


def _pids(cluster: Cluster) -> tuple[object, ...]:
    return cluster.feeds.pid, cluster.others.pid, cluster.gateway.children()

"""A day in the life of a platform: people on it, trouble, and the question whether all is right afterwards."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import TypeVar
from uuid import UUID

import msgspec

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
from tests.integration.truth import PageReader, Truth, behind, read_truth
from tests.waiting import eventually

SEED = 20_250_113
DEEDS = 60
"""That must be done before the trouble, and after it."""
READY = 120.0
RECOVERED = 120.0
QUIET = 90.0
READERS = 6

BEHIND = frozenset({"catching-up"})
"""What may be refused while a worker is away: what rests on a post or an account that it has not folded yet."""
AWAY = BEHIND | {"unavailable", "in-doubt"}
"""What may be refused while a store is away."""

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

    async def drains(self) -> None:
        """Until the gateway says that it is about to end."""
        lane = Lane(self.gateway)

        async def says_so() -> bool:
            return (await lane.request("GET", "/readyz")).status == 503

        try:
            await eventually(says_so)
        finally:
            lane.close()

    async def goes_on(self, people: int) -> None:
        """Until it is ready, with so many people if nobody came before."""
        await self.ready()
        if not self.life.people:
            await self.arrive(people)

    async def arrive(self, count: int) -> None:
        """So many new people."""
        lane = Lane(self.gateway)
        for _ in range(count):
            await self.life.join(lane)
        lane.close()

    @asynccontextmanager
    async def trouble(self, what: str, refused: frozenset[str] = frozenset()) -> AsyncIterator[None]:
        """People live on while the block makes trouble; it ends when posts reach homes again.

        `refused` are the problems that people may be answered with meanwhile: this is the budget of 5xx. Raises
        AssertionError where one is another.
        """
        life, seen = self.life, len(self.life.refused)
        async with Crowd(life, self.gateway, list(life.people)) as crowd:
            await self._so_many_more_deeds(crowd)
            began, repeated = time.monotonic(), len(life.repeated)
            newcomer = asyncio.create_task(self.arrive(1))
            try:
                yield
                made = time.monotonic() - began
                posted, shown = await self.recovered(began)
            finally:
                await asyncio.wait([newcomer])
            newcomer.result()
            await self._so_many_more_deeds(crowd)
        codes = Counter(one.code for one in life.refused[seen:])
        assert codes.keys() <= refused, f"{what}: people were refused {codes}"
        print(
            f"{what}: trouble made and mended in {made:.1f} s; a post acknowledged after {posted:.1f} s, in a home "
            f"after {shown:.1f} s; {len(life.repeated) - repeated} requests repeated, {dict(codes)} of them refused"
        )

    async def _so_many_more_deeds(self, crowd: Crowd) -> None:
        goal = self.life.done + DEEDS

        def are_done() -> bool:
            crowd.check()
            return self.life.done >= goal

        await eventually(are_done, RECOVERED)

    async def recovered(self, began: float) -> tuple[float, float]:
        """Seconds from `began` (time.monotonic) until a post was acknowledged, and until it showed."""
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
                lagging = await behind(stores, self.settings, truth.ends)
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

            reader = PageReader(self.life, truth, ask, random)
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


class EmbeddedDay(Day):
    """Everything in one process, on files."""

    def __init__(self, directory: Path, data: Path | None = None) -> None:
        """Nothing runs yet. `data` is where its files are, if not below the directory."""
        port = free_port()
        settings = environment(listen=f"127.0.0.1:{port}", data=str(data or directory / "data"), sample="off")
        self.up = Role("up", ["up"], settings, directory)
        super().__init__(Gateway.listening_on("127.0.0.1", port), load(settings), self.up, Life(SEED + 1))

    @asynccontextmanager
    async def running(self, people: int) -> AsyncIterator["EmbeddedDay"]:
        """Started, with so many people, and stopped in the end; what it said is shown where a test fails."""
        self.up.start()
        try:
            await self.goes_on(people)
            yield self
        finally:
            await asyncio.to_thread(self.up.clean_up)
            print(self.up.tail())

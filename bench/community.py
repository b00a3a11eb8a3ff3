"""Reed98 behind a running gateway: everyone registered, connected, and with posts to read."""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from bench.graph import reed98
from bench.processes import Running, start
from bench.servers import Addresses, environment, new_settings
from bench.world import begin_at_end, new_keyspace
from qiao.load import Figure, Gateway, Person, follow, post, register, settle
from qiao.migration import migrate
from qiao.servers.ports import free_port
from qiao.services import projections
from qiao.settings import Settings
from qiao.stores import open_stores

Twin = Literal["servers", "embedded"]

REGISTERING, WRITING = 8, 32
"""Connections."""


class Size(NamedTuple):
    """How much of the community; `people` None is all of it."""

    people: int | None
    posts: int


class Platform(NamedTuple):
    """The product's processes by role, and where they listen."""

    gateway: Gateway
    processes: dict[str, Running]
    settings: Settings

    def check(self) -> None:
        """Raises ProcessFailed if one has ended."""
        for process in self.processes.values():
            process.check()


class Community(NamedTuple):
    """The platform with its people, and what it took to bring them there."""

    platform: Platform
    people: Sequence[Person]
    registered: Figure
    followed: Figure


@asynccontextmanager
async def on_servers(addresses: Addresses, directory: Path) -> AsyncIterator[Platform]:
    """One gateway and one worker for all projections, on Kafka and Cassandra."""
    async with prepared(addresses, directory) as settings, AsyncExitStack() as stack:
        processes = {}
        for role in ("worker", "gateway"):
            processes[role] = await start(["qiao", role], directory / f"{role}.log", environment(settings))
            stack.push_async_callback(processes[role].stop)
        platform = Platform(Gateway.listening_on(*settings.address), processes, settings)
        await processes["gateway"].answers(f"{platform.gateway.url}/readyz")
        yield platform


@asynccontextmanager
async def prepared(addresses: Addresses, directory: Path) -> AsyncIterator[Settings]:
    """Settings with a keyspace of their own, where a platform may start."""
    settings = new_settings(addresses, directory, f"127.0.0.1:{free_port()}")
    async with new_keyspace(settings):
        async with open_stores(settings) as stores:
            await migrate(stores, settings)
            await begin_at_end(stores, projections(settings))
        yield settings


@asynccontextmanager
async def embedded(directory: Path) -> AsyncIterator[Platform]:
    """`qiao up`, with nothing else, on a fresh folder."""
    settings = Settings(
        data=str(directory / f"up-{secrets.token_hex(4)}"),
        listen=f"127.0.0.1:{free_port()}",
        rate_limits="off",
        log_level="warning",
    )
    process = await start(["qiao", "up"], directory / "up.log", environment(settings))
    try:
        platform = Platform(Gateway.listening_on(*settings.address), {"up": process}, settings)
        await process.answers(f"{platform.gateway.url}/readyz")
        yield platform
    finally:
        await process.stop()


async def populate(platform: Platform, size: Size) -> Community:
    """Bring everyone there, and wait until everything is folded. Raises RuntimeError where a request failed."""
    graph = reed98(size.people)
    handles = [f"reed_{name}" for name in graph.people]
    people, registered = await register(platform.gateway, handles, connections=REGISTERING)
    followed = checked(await follow(platform.gateway, people, graph.follows, connections=WRITING))
    await settle(platform.gateway, people)
    checked(await post(platform.gateway, people, size.posts, connections=WRITING))
    await settle(platform.gateway, people)
    platform.check()
    return Community(platform, people, registered, followed)


def checked(figure: Figure) -> Figure:
    """The same. Raises RuntimeError where a request failed: such a rate says nothing."""
    if figure.failed:
        raise RuntimeError(f"{figure.name}: {figure.failed} requests failed: {dict(figure.errors)}")
    return figure

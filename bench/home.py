"""home: GET /v1/home of 20 cards over HTTP, on Kafka and Cassandra, with 1 and with 32 connections."""

from collections.abc import Sequence
from typing import NamedTuple

from bench.loads import bare_gateway, load_homes
from bench.measure import Figure, at_least, at_most
from bench.processes import Running
from bench.run import Run
from qiao.load import Figure as Load
from qiao.load import Gateway, Person

ALONE, MANY = 1, 32
SAME = "the floor is a bare aiohttp handler that makes the same reads with cassandra-driver"


class Loaded(NamedTuple):
    """A server under both loads."""

    alone: Load
    many: Load
    cpu_ms: float
    """Processor time of the server for one request of many."""


async def _load(gateway: Gateway, server: Running, people: Sequence[Person], seconds: float) -> Loaded:
    await load_homes(gateway, people, MANY, seconds / 2)
    alone = await load_homes(gateway, people, ALONE, seconds)
    before = server.cpu_seconds
    many = await load_homes(gateway, people, MANY, seconds)
    return Loaded(alone, many, (server.cpu_seconds - before) / many.count * 1000)


async def measure(run: Run) -> list[Figure]:
    """The gateway's homes, then the bare handler's, of the same people."""
    community = await run.community("servers")
    platform, people, seconds = community.platform, community.people, run.sized(8.0, 3.0)
    run.say("home: the gateway")
    ours = await _load(platform.gateway, platform.processes["gateway"], people, seconds)
    run.say("home: the bare handler")
    async with bare_gateway(run, "home", platform.settings.views) as (gateway, server):
        bare = await _load(gateway, server, people, seconds)
    return _figures(ours, bare)


def _figures(ours: Loaded, bare: Loaded) -> list[Figure]:
    return [
        Figure(
            name="home_p50_1",
            value=ours.alone.p50_ms,
            unit="ms",
            floor=bare.alone.p50_ms,
            note=SAME,
            target=at_most(6),
        ),
        Figure(name="home_p99_1", value=ours.alone.p99_ms, unit="ms", floor=bare.alone.p99_ms),
        Figure(name="home_rps_1", value=ours.alone.rate, unit="requests/s", floor=bare.alone.rate),
        Figure(name="home_p50_32", value=ours.many.p50_ms, unit="ms", floor=bare.many.p50_ms),
        Figure(
            name="home_rps_32",
            value=ours.many.rate,
            unit="requests/s",
            floor=bare.many.rate,
            note=SAME,
            target=at_least(0.5, "ratio"),
        ),
        Figure(
            name="home_cpu",
            value=ours.cpu_ms,
            unit="ms/request",
            floor=bare.cpu_ms,
            note="processor time of the server's process alone, at 32 connections",
        ),
    ]

"""home: GET /v1/home of 20 cards over HTTP, on Kafka and Cassandra, with 1 and with 32 connections."""

from bench.loads import bare_gateway, load_homes
from bench.measure import Figure, at_least, at_most
from bench.run import Run

ALONE, MANY = 1, 32
SAME = "the floor is a bare aiohttp handler that makes the same reads with cassandra-driver"


async def measure(run: Run) -> list[Figure]:
    """The gateway's homes, then the bare handler's, of the same people."""
    community = await run.community("servers")
    platform, people, seconds = community.platform, community.people, run.sized(8.0, 3.0)
    run.say("home: the gateway")
    await load_homes(platform.gateway, people, MANY, seconds / 2)
    alone = await load_homes(platform.gateway, people, ALONE, seconds)
    many = await load_homes(platform.gateway, people, MANY, seconds)
    run.say("home: the bare handler")
    async with bare_gateway(run, "home", platform.settings.views) as (bare, _):
        await load_homes(bare, people, MANY, seconds / 2)
        bare_alone = await load_homes(bare, people, ALONE, seconds)
        bare_many = await load_homes(bare, people, MANY, seconds)
    return [
        Figure(name="home_p50_1", value=alone.p50_ms, unit="ms", floor=bare_alone.p50_ms, note=SAME, target=at_most(6)),
        Figure(name="home_p99_1", value=alone.p99_ms, unit="ms", floor=bare_alone.p99_ms),
        Figure(name="home_rps_1", value=alone.rate, unit="requests/s", floor=bare_alone.rate),
        Figure(name="home_p50_32", value=many.p50_ms, unit="ms", floor=bare_many.p50_ms),
        Figure(
            name="home_rps_32",
            value=many.rate,
            unit="requests/s",
            floor=bare_many.rate,
            note=SAME,
            target=at_least(0.5, "ratio"),
        ),
    ]

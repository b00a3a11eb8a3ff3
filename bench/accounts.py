"""register, follow: per second through the gateway, on Kafka and Cassandra."""

from bench.bare.hashing import hashes_per_second
from bench.community import WRITING, Community, checked
from bench.loads import bare_gateway
from bench.measure import Figure, at_least
from bench.run import Run
from qiao.load import follow

BARE_TOPIC = "bench.bare"


async def measure(run: Run) -> list[Figure]:
    """As the community moved in, beside bare hashing and bare appending."""
    community = await run.community("servers")
    run.say("accounts: bare hashing and appending")
    hashes = await hashes_per_second(run.sized(200, 50))
    appends = await _bare_follows(run, community)
    return [
        Figure(
            name="register",
            value=community.registered.rate,
            unit="accounts/s",
            floor=hashes,
            note=f"the floor is bare argon2id on the same cores: {1000 / hashes:.1f} ms for each",
        ),
        Figure(
            name="follow",
            value=community.followed.rate,
            unit="follows/s",
            floor=appends,
            note="32 connections; the floor is a bare aiohttp handler that appends 300 bytes with aiokafka",
            target=at_least(1_500),
        ),
    ]


async def _bare_follows(run: Run, community: Community) -> float:
    pairs = [(n % len(community.people), 0) for n in range(run.sized(10_000, 3_000))]
    async with bare_gateway(run, "appending", (await run.servers()).kafka, BARE_TOPIC) as (bare, _):
        return checked(await follow(bare, community.people, pairs, connections=WRITING)).rate

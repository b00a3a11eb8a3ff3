"""What is asked of a gateway, be it the product or a bare one: always by the same client."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bench.community import Community, checked
from bench.processes import Running, start
from bench.run import Run
from qiao.load import Figure, Gateway, Lane, Person, Shares, mix
from qiao.servers.ports import free_port

CONNECTIONS = (1, 8, 32)
HOMES_ONLY = Shares(home=100, profile=0, post=0)
MIX_PAGE = 10
HOME_PAGE = 20


async def load_homes(gateway: Gateway, people: Sequence[Person], connections: int, seconds: float) -> Figure:
    """Homes of 20 cards."""
    mixed = await mix(
        gateway, people, seconds=seconds, connections=connections, shares=HOMES_ONLY, page=HOME_PAGE, seed=connections
    )
    return checked(mixed.total)


async def load_mix(gateway: Gateway, people: Sequence[Person], connections: int, seconds: float) -> Figure:
    """60% home, 30% profile, 10% post, pages of 10."""
    mixed = await mix(
        gateway, people, seconds=seconds, connections=connections, page=MIX_PAGE, seed=1_000 + connections
    )
    return checked(mixed.total)


async def page_bytes(community: Community) -> int:
    """How long a home of 10 cards is, on the mean of a few."""
    lane = Lane(community.platform.gateway)
    try:
        sizes = []
        for person in community.people[:20]:
            token = await person.token(lane)
            reply = await lane.request("GET", f"/v1/home?limit={MIX_PAGE}", token=token)
            sizes.append(len(reply.body))
        return sum(sizes) // len(sizes)
    finally:
        lane.close()


@asynccontextmanager
async def bare_gateway(run: Run, module: str, *arguments: str) -> AsyncIterator[tuple[Gateway, Running]]:
    """A bare server of bench/bare for as long as the block lasts."""
    port = free_port()
    server = await start([f"bench.bare.{module}", str(port), *arguments], run.directory / f"{module}.log")
    try:
        gateway = Gateway.listening_on("127.0.0.1", port)
        await server.answers(f"{gateway.url}/readyz")
        yield gateway, server
    finally:
        await server.stop()

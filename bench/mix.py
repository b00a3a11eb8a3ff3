"""mix: 60% home, 30% profile, 10% post, pages of 10, at 1, 8 and 32 connections, on servers and embedded."""

from collections.abc import Mapping

from bench.community import Community, Twin
from bench.loads import CONNECTIONS, bare_gateway, load_mix, page_bytes
from bench.measure import Figure, at_least
from bench.run import Run
from qiao.load import Figure as Load

TARGETS: Mapping[Twin, float] = {"servers": 300, "embedded": 600}
BUSIEST = CONNECTIONS[-1]
SAME = "the floor is a bare aiohttp handler that answers with a constant of the same size"


async def measure(run: Run) -> list[Figure]:
    """Both twins beside the bare handler, all by the same client."""
    figures: list[Figure] = []
    for twin in TARGETS:
        community = await run.community(twin)
        run.say(f"mix: {twin}")
        await load_mix(community.platform.gateway, community.people, BUSIEST, run.sized(3.0, 1.0))
        loads = {n: await _load(run, community, n) for n in CONNECTIONS}
        bare = await _bare(run, community)
        community.platform.check()
        figures += [_figure(twin, n, loads[n], bare[n]) for n in CONNECTIONS]
        figures.append(
            Figure(name=f"mix_{twin}_p99_{BUSIEST}", value=loads[BUSIEST].p99_ms, unit="ms", floor=bare[BUSIEST].p99_ms)
        )
        figures += [
            Figure(name=f"memory_{role}_after_mix", value=process.resident_mb, unit="MB")
            for role, process in community.platform.processes.items()
            if role != "up"
        ]
    return figures


async def _load(run: Run, community: Community, connections: int) -> Load:
    return await load_mix(community.platform.gateway, community.people, connections, run.sized(8.0, 3.0))


async def _bare(run: Run, community: Community) -> dict[int, Load]:
    size = await page_bytes(community)
    async with bare_gateway(run, "constant", str(size)) as (bare, _):
        return {n: await load_mix(bare, community.people, n, run.sized(3.0, 1.0)) for n in CONNECTIONS}


def _figure(twin: Twin, connections: int, load: Load, bare: Load) -> Figure:
    busiest = connections == BUSIEST
    return Figure(
        name=f"mix_{twin}_{connections}",
        value=load.rate,
        unit="requests/s",
        floor=bare.rate,
        note=SAME if busiest else "",
        target=at_least(TARGETS[twin]) if busiest else None,
    )

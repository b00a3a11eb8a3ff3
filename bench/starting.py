"""start: from `qiao up` on a fresh folder to a /readyz that says 200, and the memory that it takes."""

import time
from contextlib import AsyncExitStack
from statistics import median

from bench.community import embedded
from bench.loads import bare_gateway, load_mix
from bench.measure import Figure, at_most
from bench.run import Run

BODY = "10000"
"""Bytes of the bare server's answers; they do not matter here."""


async def measure(run: Run) -> list[Figure]:
    """A few starts, then the memory of the one that the mix was run against."""
    starts, idle = await _starts(run)
    bare_starts, bare_memory = await _bare_starts(run)
    community = await run.community("embedded")
    run.say("memory: a last mix")
    await load_mix(community.platform.gateway, community.people, 32, run.sized(5.0, 1.0))
    after = community.platform.processes["up"].resident_mb
    bare = "the floor is a bare aiohttp server"
    return [
        Figure(
            name="start_up", value=median(starts), unit="s", floor=median(bare_starts), note=bare, target=at_most(3)
        ),
        Figure(name="memory_up_idle", value=idle, unit="MB", floor=bare_memory, note=bare, target=at_most(200)),
        Figure(name="memory_up_after_mix", value=after, unit="MB", floor=bare_memory, note=bare, target=at_most(200)),
    ]


async def _starts(run: Run) -> tuple[list[float], float]:
    times: list[float] = []
    memory = 0.0
    for _ in range(run.sized(5, 2)):
        async with AsyncExitStack() as stack:
            began = time.perf_counter()
            platform = await stack.enter_async_context(embedded(run.directory))
            times.append(time.perf_counter() - began)
            memory = platform.processes["up"].resident_mb
    return times, memory


async def _bare_starts(run: Run) -> tuple[list[float], float]:
    times: list[float] = []
    memory = 0.0
    for _ in range(run.sized(5, 2)):
        async with AsyncExitStack() as stack:
            began = time.perf_counter()
            _, server = await stack.enter_async_context(bare_gateway(run, "constant", BODY))
            times.append(time.perf_counter() - began)
            memory = server.resident_mb
    return times, memory

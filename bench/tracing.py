"""tracing: the mix on servers with every hundredth trace exported, and with all of them, against none.

Three gateways stand side by side and are asked in turns, a second each: whatever else the machine does hits them alike.
The cost is told in processor time of the gateway for a request, for two equal runs differ by more in requests a second
than tracing costs. The collector's time is not counted; the worker, which would make few spans a batch, traces nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import msgspec

from bench.community import Platform, Size, checked, populate, prepared
from bench.loads import bare_gateway, load_mix
from bench.measure import Figure, at_most
from bench.processes import Running, start
from bench.run import Run
from bench.servers import environment
from qiao.load import Gateway
from qiao.servers.ports import free_port
from qiao.settings import Settings

CONNECTIONS = 8
SLICE_SECONDS = 1.0
EXPORTED_SECONDS = 6.0
"""After which the exporter, which waits five, has sent what it held."""
OFF = 0.0
TARGETS: Mapping[float, float] = {0.01: 1.03, 1.0: 1.25}
"""By the share of traces: of what the same costs without."""
WHAT = "processor time of the gateway under the mix, {:.0%} of traces exported; the floor is the same with none"

Platforms = Mapping[float, Platform]


class Load(NamedTuple):
    """What one gateway was asked."""

    requests: int = 0
    seconds: float = 0.0


async def measure(run: Run) -> list[Figure]:
    """All three in turns, there and back."""
    await run.stop_platform()
    addresses = await run.servers()
    async with prepared(addresses, run.directory) as settings, _gateways(run, settings) as platforms:
        run.say("tracing: people move in")
        people = (await populate(platforms[OFF], Size(people=run.sized(300, 100), posts=500))).people
        for platform in platforms.values():
            await load_mix(platform.gateway, people, CONNECTIONS, SLICE_SECONDS)
        before, loads = await _cpu(platforms), dict.fromkeys(platforms, Load())
        for turn in range(run.sized(20, 8)):
            for share in list(platforms)[:: -1 if turn % 2 else 1]:
                mixed = checked(await load_mix(platforms[share].gateway, people, CONNECTIONS, SLICE_SECONDS))
                loads[share] = Load(loads[share].requests + mixed.count, loads[share].seconds + mixed.seconds)
        after = await _cpu(platforms)
    costs = {share: (after[share] - before[share]) / loads[share].requests * 1000 for share in loads}
    rates = {share: load.requests / load.seconds for share, load in loads.items()}
    return [figure for share in TARGETS for figure in _figures(share, costs, rates)]


@asynccontextmanager
async def _gateways(run: Run, settings: Settings) -> AsyncIterator[Platforms]:
    """A gateway for each share of traces, and one worker behind them."""
    async with bare_gateway(run, "sink") as (sink, _), AsyncExitStack() as stack:
        worker = await _start(run, stack, ["qiao", "worker"], settings)
        platforms: dict[float, Platform] = {}
        for share in (OFF, *TARGETS):
            listening = msgspec.structs.replace(settings, listen=f"127.0.0.1:{free_port()}")
            if share:
                listening = msgspec.structs.replace(listening, otlp_endpoint=sink.url, otlp_sample=share)
            gateway = await _start(run, stack, ["qiao", "gateway"], listening)
            processes = {"gateway": gateway, "worker": worker}
            platforms[share] = Platform(Gateway.listening_on(*listening.address), processes, listening)
            await gateway.answers(f"{platforms[share].gateway.url}/readyz")
        yield platforms


async def _start(run: Run, stack: AsyncExitStack, arguments: list[str], settings: Settings) -> Running:
    process = await start(arguments, run.directory / "tracing.log", environment(settings))
    stack.push_async_callback(process.stop)
    return process


async def _cpu(platforms: Platforms) -> Mapping[float, float]:
    """Seconds of each gateway, once everything that it had to export is exported."""
    await asyncio.sleep(EXPORTED_SECONDS)
    for platform in platforms.values():
        platform.check()
    return {share: platform.processes["gateway"].cpu_seconds for share, platform in platforms.items()}


def _figures(share: float, costs: Mapping[float, float], rates: Mapping[float, float]) -> list[Figure]:
    name, target = f"tracing_{share * 100:g}", at_most(TARGETS[share], "ratio")
    cost = Figure(
        name=name, value=costs[share], unit="ms/request", floor=costs[OFF], note=WHAT.format(share), target=target
    )
    return [cost, Figure(name=f"{name}_rate", value=rates[share], unit="requests/s", floor=rates[OFF])]

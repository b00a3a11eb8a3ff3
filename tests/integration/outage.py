"""A server that is gone for a while under load, and how long it takes until all is as before. The bench uses it."""

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from typing import NamedTuple

from qiao.servers.process import LocalServer
from tests.integration.asking import Request
from tests.integration.day import AWAY, RECOVERED, ClusterDay
from tests.integration.lag import Lag, lag_of
from tests.integration.watching import NOT_READY, READY, Watch, becomes_ready, readiness
from tests.waiting import eventually

START = 150.0
"""Seconds that a server may take to start, on a machine that is busy."""
NOTICE = 4.0
"""Seconds until readiness must have said that a store is gone."""
GRACE = 10.0
"""Seconds after a store is back until readiness must say so, and in which requests may still be refused: the budget."""
BUSY = ("answer", "Unavailable")
"""Words of readiness about a store that takes too long: so may one on a machine that has too much to do."""
FRESH = 1.0
"""Seconds from a post's acknowledgement to a home that shows it, which are as before even where it was less."""
PROBES = 5
UNAVAILABLE = "unavailable"


class Times(NamedTuple):
    """time.monotonic when the server was killed, started again, ready again, and lag was as before."""

    killed: float
    starting: float
    back: float
    normal: float


class Outage(NamedTuple):
    """What was seen of it."""

    server: str
    times: Times
    refusals: Counter[str]
    """By code."""
    last_refusal: float
    """Seconds after the server was back; negative where it came before."""
    reads: Counter[int]
    """Statuses of a home that was read meanwhile."""
    watches: dict[str, Watch]
    """Readiness by process."""

    @property
    def normal_after(self) -> float:
        """Seconds from the server's return until no more events waited than before, and posts showed as soon."""
        return self.times.normal - self.times.back

    def __str__(self) -> str:
        times, gateway = self.times, self.watches["gateway"]
        return (
            f"{self.server} gone for {times.back - times.killed:.1f} s: lag as before {self.normal_after:.1f} s after; "
            f"refused {dict(self.refusals)}, the last {self.last_refusal:+.1f} s from its return; "
            f"homes {dict(self.reads)}; "
            f"not ready {gateway.first(NOT_READY, times.killed):.1f} s after it went, "
            f"ready {gateway.last_but(READY, times.back):.1f} s after it was back"
        )

    def hold(self) -> None:
        """The budget of 503, and readiness that is true throughout. Raises AssertionError."""
        assert self.last_refusal <= GRACE, f"a request was refused {self.last_refusal:.1f} s after the return"
        for name, watch in self.watches.items():
            self._hold_readiness(name, watch)

    def _hold_readiness(self, name: str, watch: Watch) -> None:
        killed, starting, back, _ = self.times
        away = watch.statuses(killed + NOTICE, starting)
        assert away.keys() == {NOT_READY}, f"{name} meanwhile: {away}"
        for begin, end in ((0.0, killed), (back + GRACE, float("inf"))):
            wrong = [said for said in watch.refusals(begin, end) if not _is_of_a_busy_store(said)]
            assert not wrong, f"{name} was not ready while its stores were there: {wrong}"


def _is_of_a_busy_store(said: str) -> bool:
    return any(word in said for word in BUSY) and '"clock":{"ok":false' not in said


class _Usual(NamedTuple):
    """Before the outage: the most events behind, and the most seconds from an acknowledgement to a home."""

    lag: int
    seconds: float


async def _usual(day: ClusterDay, lag: Lag) -> _Usual:
    return _Usual(await lag.usual(), max(FRESH, *[await _freshness(day) for _ in range(PROBES)]))


async def _is_as(day: ClusterDay, lag: Lag, usual: _Usual) -> bool:
    """A server that was gone was not written to: few events wait then, and yet nobody may be folding them."""
    return await _freshness(day) <= usual.seconds and await lag.is_at_most(usual.lag)


async def _freshness(day: ClusterDay) -> float:
    posted, shown = await day.recovered(time.monotonic())
    return shown - posted


async def go_without(day: ClusterDay, server: LocalServer, seconds: float) -> Outage:
    """Kill it under load, start it again after so many seconds, and see all become as it was."""
    cluster, life = day.cluster, day.life
    roles = {"gateway": cluster.gateway, "feeds": cluster.feeds, "accounts and posts": cluster.others}
    seen = len(life.refused)
    async with day.trouble(f"{server.name} gone", AWAY), AsyncExitStack() as stack:
        lag = await stack.enter_async_context(lag_of(day.settings))
        watches = {name: await stack.enter_async_context(readiness(role.health)) for name, role in roles.items()}
        home = Request(method="GET", target="/v1/home?limit=5", token=life.people[0].token)
        reads = await stack.enter_async_context(Watch(day.gateway, home))
        usual = await _usual(day, lag)
        killed = time.monotonic()
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(seconds)  # the outage itself
        starting = time.monotonic()
        await asyncio.to_thread(server.restart, START)
        back = time.monotonic()
        await eventually(lambda: _is_as(day, lag, usual), RECOVERED)
        times = Times(killed, starting, back, time.monotonic())
        for role in roles.values():
            await becomes_ready(role.health)
        await eventually(lambda: watches["gateway"].statuses(back + GRACE, float("inf")), RECOVERED)
    refused = life.refused[seen:]
    last = max((one.at - back for one in refused if one.code == UNAVAILABLE), default=float("-inf"))
    codes = Counter(one.code for one in refused)
    outage = Outage(server.name, times, codes, last, reads.statuses(killed, starting), watches)
    print(f"{outage}; usual: {usual.lag} events behind, {usual.seconds:.1f} s to a home")
    return outage

"""freshness: from the acknowledgement of a post to a follower's home that shows it, idle and under the mix.

The follower asks once, with the post's Qiao-Position as Qiao-Wait-For: what is measured ends with the answer.
"""

import asyncio
import random
import time
from collections.abc import Callable
from uuid import UUID

import msgspec

from bench.accounts import BARE_TOPIC
from bench.bare.freshness import bare_freshness
from bench.community import Community
from bench.graph import followers_in, reed98
from bench.loads import load_mix
from bench.measure import Figure, at_most, percentile
from bench.run import Run
from qiao.load import Lane, Person
from qiao.load.texts import text

UNDER = 8
"""Connections of the mix meanwhile."""


class Posted(msgspec.Struct):
    """Of a post, what matters here."""

    id: UUID


class Page(msgspec.Struct):
    """Of a page, what matters here."""

    items: list[Posted]


class Friends:
    """Pairs of an author and a follower, and the connections that they use."""

    def __init__(self, community: Community) -> None:
        """Close it in the end."""
        self._people = community.people
        self._followers = followers_in(reed98(len(community.people)))
        self._writing, self._reading = Lane(community.platform.gateway), Lane(community.platform.gateway)
        self._choose = random.Random(98)

    async def milliseconds(self) -> float:
        """Once. Raises RuntimeError where the post does not show, or did not in time."""
        number = self._choose.randrange(len(self._people))
        author, follower = self._people[number], self._people[self._choose.choice(self._followers[number])]
        body = {"text": text(number)}
        reply = await self._writing.request("POST", "/v1/posts", token=await author.token(self._writing), body=body)
        acknowledged = time.perf_counter()
        post = msgspec.json.decode(reply.body, type=Posted).id
        await self._seen_by(follower, post, reply.header("Qiao-Position") or "")
        return (time.perf_counter() - acknowledged) * 1000

    async def _seen_by(self, follower: Person, post: UUID, position: str) -> None:
        token = await follower.token(self._reading)
        reply = await self._reading.request("GET", "/v1/home?limit=20", token=token, wait_for=position)
        if reply.status != 200 or reply.header("Qiao-Stale"):
            raise RuntimeError(f"a home was answered with {reply.status}, stale: {reply.header('Qiao-Stale')}")
        if post not in {item.id for item in msgspec.json.decode(reply.body, type=Page).items}:
            raise RuntimeError(f"{post} does not show in the home of {follower.handle}")

    async def until(self, over: Callable[[int], bool]) -> list[float]:
        """Again and again until `over`, which is told how often it was done."""
        times: list[float] = []
        while not over(len(times)):
            times.append(await self.milliseconds())
        return times

    def close(self) -> None:
        """Hang up."""
        self._writing.close()
        self._reading.close()


async def measure(run: Run) -> list[Figure]:
    """Idle, under the mix, and bare."""
    community = await run.community("servers")
    count = run.sized(200, 50)
    friends = Friends(community)
    try:
        run.say("freshness: idle")
        idle = await friends.until(lambda done: done >= count)
        run.say("freshness: under the mix")
        mixing = asyncio.create_task(load_mix(community.platform.gateway, community.people, UNDER, run.sized(8.0, 3.0)))
        busy = await friends.until(lambda _: mixing.done())
        load = await mixing
    finally:
        friends.close()
    run.say("freshness: bare")
    bare = await bare_freshness((await run.servers()).kafka, community.platform.settings.views, BARE_TOPIC, count)
    return _figures(idle, busy, bare, load.rate)


def _figures(idle: list[float], busy: list[float], bare: list[float], rate: float) -> list[Figure]:
    p50, p99 = percentile(idle, 0.5), percentile(idle, 0.99)
    middle, worst = percentile(bare, 0.5), percentile(bare, 0.99)
    note = "one read with Qiao-Wait-For; the floor is aiokafka to aiokafka, one INSERT, one SELECT, in one process"
    under = f"under the mix at {UNDER} connections, {rate:.0f} requests/s"
    return [
        Figure(name="freshness_p50", value=p50, unit="ms", floor=middle, note=note, target=at_most(40)),
        Figure(name="freshness_p99", value=p99, unit="ms", floor=worst),
        Figure(name="freshness_mix_p50", value=percentile(busy, 0.5), unit="ms", note=under),
        Figure(name="freshness_mix_p99", value=percentile(busy, 0.99), unit="ms", note=under),
    ]

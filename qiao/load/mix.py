"""The mix: people who read their homes, look at profiles and post, as fast as the connections allow."""

import asyncio
from collections.abc import Iterator, Mapping
from itertools import count
from random import Random
from time import perf_counter
from typing import Literal

import msgspec

from qiao.load.connection import GatewayAway
from qiao.load.figures import Figure, Recorder
from qiao.load.gateway import Gateway
from qiao.load.lanes import Done, Lane, each, nobody
from qiao.load.people import People, Person
from qiao.load.writing import say

PageKind = Literal["home", "profile", "post"]
KINDS: tuple[PageKind, ...] = ("home", "profile", "post")


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """Of a hundred requests, how many are of each kind."""

    home: int = 60
    profile: int = 30
    post: int = 10

    @property
    def weights(self) -> list[int]:
        """In the order of KINDS."""
        return [self.home, self.profile, self.post]


USUAL = Shares()


class Mixed(msgspec.Struct, frozen=True):
    """A mix in figures: all of it, and by kind."""

    total: Figure
    kinds: Mapping[PageKind, Figure]


async def mix(
    gateway: Gateway,
    people: People,
    *,
    seconds: float,
    connections: int,
    shares: Shares = USUAL,
    page: int = 10,
    requests: int = 10_000_000,
    seed: int = 1,
    done: Done = nobody,
) -> Mixed:
    """Read and post for some seconds, or until so many requests are done. The same `seed` asks for the same things.

    Reads are pages of `page` cards. Raises Refused where a session cannot be renewed.
    """
    total = Recorder("mix")
    kinds = {kind: Recorder(kind) for kind in KINDS}
    numbers = count(seed * 10_000_000)

    async def one(lane: Lane, job: tuple[PageKind, Person, Person]) -> None:
        kind, person, other = job
        began, before = perf_counter(), kinds[kind].failed
        if kind == "post":
            await say(lane, kinds[kind], person, next(numbers))
        else:
            target = f"/v1/home?limit={page}" if kind == "home" else f"/v1/accounts/{other.handle}/posts?limit={page}"
            await _read(lane, kinds[kind], person, target)
        if kinds[kind].failed == before:
            total.success(began)
        else:
            total.failure(kind)

    random, began = Random(seed), perf_counter()  # noqa: S311 - it hides nothing
    await each(gateway, connections, _jobs(people, shares, began + seconds, requests, random), one, done)
    took = perf_counter() - began
    return Mixed(total.figure(took), {kind: recorder.figure(took) for kind, recorder in kinds.items()})


def _jobs(
    people: People, shares: Shares, until: float, requests: int, random: Random
) -> Iterator[tuple[PageKind, Person, Person]]:
    for _ in range(requests):
        if perf_counter() >= until:
            return
        [kind] = random.choices(KINDS, shares.weights)
        yield kind, random.choice(people), random.choice(people)


async def _read(lane: Lane, recorder: Recorder, person: Person, target: str) -> None:
    token, began = await person.token(lane), perf_counter()
    try:
        reply = await lane.request("GET", target, token=token)
    except GatewayAway:
        recorder.failure("away")
        await asyncio.sleep(0.05)  # a gateway that is gone must not be asked ten thousand times a second
        return
    if reply.status == 200:
        recorder.success(began)
    else:
        recorder.failure(reply.code or str(reply.status))

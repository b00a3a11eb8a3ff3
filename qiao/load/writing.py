"""The phases that write, and the wait until everything written has been folded."""

import asyncio
from collections.abc import Sequence
from time import perf_counter

from qiao.load.connection import GatewayAway, Reply
from qiao.load.figures import Figure, Recorder
from qiao.load.gateway import Gateway
from qiao.load.lanes import Done, Lane, each, nobody
from qiao.load.people import People, Person, Refused
from qiao.load.texts import text

SETTLE_TIMEOUT = 300.0
POSITIONS_AT_ONCE = 8
"""As many as a Qiao-Wait-For may hold."""


async def follow(
    gateway: Gateway, people: People, pairs: Sequence[tuple[int, int]], *, connections: int = 32, done: Done = nobody
) -> Figure:
    """Each (follower, followed) of these pairs of indices."""
    recorder = Recorder("follow")

    async def one(lane: Lane, pair: tuple[int, int]) -> None:
        follower, followed = people[pair[0]], people[pair[1]]
        await write(lane, recorder, follower, "PUT", f"/v1/accounts/{followed.handle}/follow")

    await each(gateway, connections, pairs, one, done)
    return recorder.figure()


async def post(gateway: Gateway, people: People, count: int, *, connections: int = 32, done: Done = nobody) -> Figure:
    """As many posts, by everyone in turn."""
    recorder = Recorder("post")

    async def one(lane: Lane, number: int) -> None:
        await say(lane, recorder, people[number % len(people)], number)

    await each(gateway, connections, range(count), one, done)
    return recorder.figure()


async def say(lane: Lane, recorder: Recorder, person: Person, number: int) -> None:
    """One post."""
    await write(lane, recorder, person, "POST", "/v1/posts", {"text": text(number)})


async def write(
    lane: Lane, recorder: Recorder, person: Person, method: str, target: str, body: object = None
) -> Reply | None:
    """One write, timed; None if it came to nothing."""
    token, began = await person.token(lane), perf_counter()
    try:
        reply = await lane.request(method, target, token=token, body=body)
    except GatewayAway:
        recorder.failure("away")
        return None
    if reply.status not in (201, 204):
        recorder.failure(reply.code or str(reply.status))
        return None
    recorder.success(began)
    person.wrote(reply)
    return reply


async def settle(gateway: Gateway, people: People, *, connections: int = 4, timeout: float = SETTLE_TIMEOUT) -> float:
    """Wait until all that these people did shows in their homes; how long that took, in seconds.

    Raises TimeoutError, Refused, GatewayAway.
    """
    began = perf_counter()
    moved = [person for person in people if person.position]
    groups = [moved[begin : begin + POSITIONS_AT_ONCE] for begin in range(0, len(moved), POSITIONS_AT_ONCE)]
    async with asyncio.timeout(timeout):
        await each(gateway, connections, groups, _folded)
    return perf_counter() - began


async def _folded(lane: Lane, group: Sequence[Person]) -> None:
    stale = True
    while stale:
        reply = await lane.request(
            "GET",
            "/v1/home?limit=1",
            token=await group[0].token(lane),
            wait_for=",".join(person.position for person in group),
        )
        if reply.status != 200:
            raise Refused("a read of home", reply)
        stale = reply.header("Qiao-Stale") is not None

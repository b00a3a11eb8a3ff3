"""The people of a load: they join, or sign in where they are already there."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from time import perf_counter

import msgspec

from qiao.load.connection import Reply
from qiao.load.figures import Figure, Recorder
from qiao.load.gateway import Gateway
from qiao.load.lanes import Done, Lane, each, nobody

PASSWORD = "load-load-load"  # noqa: S105 - of people that exist to be counted
_EARLY = 60.0


class Refused(Exception):
    """The gateway refused what a load cannot go on without."""

    def __init__(self, what: str, reply: Reply) -> None:
        """`what` was asked."""
        hint = ": set QIAO_RATE_LIMITS=off for the gateway" if reply.status == 429 else ""
        super().__init__(f"{what} was answered with {reply.status} {reply.code}{hint}")


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """Who joins: the body of POST /v1/accounts."""

    handle: str
    password: str = PASSWORD
    display_name: str
    reads: tuple[str, ...] = ("en", "zh")
    writes: str = "en"


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a session is answered with."""

    access_token: str
    expires_in: int
    refresh_token: str


class Person:
    """Someone who is signed in."""

    def __init__(self, handle: str, tokens: Tokens, position: str = "") -> None:
        """`position` is that of the last thing they did."""
        self.handle, self.position = handle, position
        self._keep(tokens)
        self._renewing = asyncio.Lock()

    def _keep(self, tokens: Tokens) -> None:
        self._tokens, self._until = tokens, time.monotonic() + tokens.expires_in - _EARLY

    async def token(self, lane: Lane) -> str:
        """An access token that holds for a while; a refresh token is spent once, so one lane renews it."""
        if time.monotonic() > self._until:
            async with self._renewing:
                if time.monotonic() > self._until:
                    body = {"refresh_token": self._tokens.refresh_token}
                    self._keep(tokens_of("a refresh", await lane.request("POST", "/v1/sessions/refresh", body=body)))
        return self._tokens.access_token

    def wrote(self, reply: Reply) -> None:
        """Remember where the write stands."""
        self.position = reply.header("Qiao-Position") or self.position


People = Sequence[Person]


def tokens_of(what: str, reply: Reply) -> Tokens:
    """The tokens in an answer. Raises Refused."""
    if reply.status not in (200, 201):
        raise Refused(what, reply)
    return msgspec.json.decode(reply.body, type=Tokens)


async def join(lane: Lane, newcomer: Newcomer, key: str = "") -> Person:
    """Register, or sign in where that handle is taken. Raises Refused, GatewayAway."""
    reply = await lane.request("POST", "/v1/accounts", body=newcomer, key=key)
    if reply.status == 409:
        reply = await lane.request(
            "POST", "/v1/sessions", body={"handle": newcomer.handle, "password": newcomer.password}
        )
    return Person(
        newcomer.handle, tokens_of(f"{newcomer.handle}'s sign-up", reply), reply.header("Qiao-Position") or ""
    )


async def register(
    gateway: Gateway, handles: Iterable[str], *, connections: int = 8, done: Done = nobody
) -> tuple[list[Person], Figure]:
    """Everyone of these handles, in their order, signed in, odd ones writing Chinese. Raises Refused, GatewayAway."""
    recorder = Recorder("register")
    people: dict[str, Person] = {}

    async def one(lane: Lane, job: tuple[int, str]) -> None:
        number, handle = job
        writes = "zh" if number % 2 else "en"
        began = perf_counter()
        people[handle] = await join(lane, Newcomer(handle=handle, display_name=f"No. {number}", writes=writes))
        recorder.success(began)

    wanted = list(handles)
    await each(gateway, connections, enumerate(wanted), one, done)
    return [people[handle] for handle in wanted], recorder.figure()

"""Asking a gateway that may be gone for a while: again and again, until there is an answer."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
import stamina

from qiao.load.connection import GatewayAway, Reply
from qiao.load.lanes import Lane

ANSWER_WITHIN = 150.0
"""Seconds for which a request is repeated: longer than any recovery that a test waits for."""
UNAVAILABLE = 503
WRONG = (400, 401)
"""Nobody here sends what cannot be read, or comes without a good token."""


class Unexpected(AssertionError):
    """An answer that nobody should ever get."""


class Refusal(NamedTuple):
    """A 503: when it came (time.monotonic) and the code of its problem."""

    at: float
    code: str


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked."""

    method: str
    target: str
    token: str = ""
    body: object = None
    key: str = ""
    wait_for: str = ""


class Asker:
    """Sends requests and remembers why they had to be sent again."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self.repeated: list[str] = []
        self.refused: list[Refusal] = []
        self._balanced: asyncio.Event | None = None

    @contextmanager
    def out_of_balance(self) -> Iterator[None]:
        """Nobody sends anything new meanwhile, as behind a balancer that has seen a gateway say "not ready"."""
        balanced = self._balanced = asyncio.Event()
        try:
            yield
        finally:
            self._balanced = None
            balanced.set()

    async def answer(self, lane: Lane, request: Request, tries: "Tries | None" = None) -> Reply:
        """Ask until there is an answer; `tries` counts. Raises Unexpected, and GatewayAway where that took too long."""
        counted = tries or Tries()
        async for attempt in stamina.retry_context(
            on=GatewayAway, attempts=None, timeout=ANSWER_WITHIN, wait_initial=0.05, wait_max=1.0
        ):
            with attempt:
                counted.number += 1
                return await self._once(lane, request)
        raise Unexpected(f"{request} was never answered")

    async def _once(self, lane: Lane, request: Request) -> Reply:
        if self._balanced is not None:
            await self._balanced.wait()
        try:
            reply = await lane.request(
                request.method,
                request.target,
                token=request.token,
                body=request.body,
                key=request.key,
                wait_for=request.wait_for,
            )
            if reply.status == UNAVAILABLE:
                self.refused.append(Refusal(time.monotonic(), reply.code))
                raise GatewayAway(f"503 {reply.body!r}")
        except GatewayAway as away:
            self.repeated.append(f"{request.method} {request.target}: {away}")
            raise
        if reply.status > UNAVAILABLE or reply.status in (500, *WRONG):
            raise Unexpected(f"{request} was answered with {reply.status} {reply.body!r}")
        return reply


class Tries:
    """How often a request was sent."""

    def __init__(self) -> None:
        """Not yet."""
        self.number = 0

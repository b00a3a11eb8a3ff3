"""Asking the same again and again while things break: what was answered, and when."""

import asyncio
import time
from collections import Counter
from typing import NamedTuple

from qiao.load.connection import GatewayAway
from qiao.load.gateway import Gateway
from qiao.load.lanes import Lane
from tests.integration.asking import Request
from tests.waiting import eventually

EVERY = 0.25
"""Seconds."""
PATIENCE = 5.0
READY, NOT_READY = 200, 503
SILENT = 0
RECOVERED = 120.0
"""Seconds that a process may take to be ready again."""


class Sample(NamedTuple):
    """One answer: its status, SILENT where there was none, time.monotonic around it, and what a refusal said."""

    began: float
    ended: float
    status: int
    refusal: str = ""


class Watch:
    """Asks for as long as the block lasts."""

    def __init__(self, gateway: Gateway, request: Request, *, anew: bool = False) -> None:
        """Nothing was asked yet. `anew` makes a connection for each question, as a balancer's newest client would."""
        self._lane, self._request, self._anew = Lane(gateway), request, anew
        self._enough = asyncio.Event()
        self.samples: list[Sample] = []

    async def __aenter__(self) -> "Watch":
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._enough.set()
        await self._task
        self._lane.close()

    async def _watch(self) -> None:
        while not self._enough.is_set():
            began = time.monotonic()
            status, said = await self._answer()
            self.samples.append(Sample(began, time.monotonic(), status, "" if status == READY else said))
            try:
                await asyncio.wait_for(self._enough.wait(), EVERY)
            except TimeoutError:
                continue

    async def _answer(self) -> tuple[int, str]:
        one = self._request
        try:
            async with asyncio.timeout(PATIENCE):
                reply = await self._lane.request(one.method, one.target, token=one.token, wait_for=one.wait_for)
        except (GatewayAway, TimeoutError):
            self._lane.close()
            return SILENT, ""
        if self._anew:
            self._lane.close()
        return reply.status, reply.body.decode()

    def statuses(self, begin: float, end: float) -> Counter[int]:
        """How often each came of what was asked and answered between these times."""
        return Counter(sample.status for sample in self.samples if begin <= sample.began and sample.ended <= end)

    def refusals(self, begin: float, end: float) -> list[str]:
        """What was said between these times where it was not 200."""
        return [one.refusal for one in self.samples if begin <= one.began and one.ended <= end and one.status != READY]

    def first(self, status: int, after: float) -> float:
        """Seconds from `after` to the first such answer; infinite where there was none."""
        return next(
            (one.ended - after for one in self.samples if one.ended > after and one.status == status), float("inf")
        )

    def last_but(self, status: int, after: float) -> float:
        """Seconds from `after` to the last answer that was another one; 0 where there was none."""
        return max(
            (one.ended - after for one in self.samples if one.ended > after and one.status != status), default=0.0
        )


def readiness(gateway: Gateway) -> Watch:
    """Of one process."""
    return Watch(gateway, Request(method="GET", target="/readyz"))


async def finding(gateway: Gateway) -> tuple[int, str]:
    """What a process says of its readiness just now: status and body; SILENT where it does not answer."""
    lane = Lane(gateway)
    try:
        async with asyncio.timeout(PATIENCE):
            reply = await lane.request("GET", "/readyz")
        return reply.status, reply.body.decode()
    except (GatewayAway, TimeoutError):
        return SILENT, ""
    finally:
        lane.close()


async def is_ready(gateway: Gateway) -> bool:
    """Whether it says so just now."""
    return (await finding(gateway))[0] == READY


async def becomes_ready(gateway: Gateway) -> None:
    """Returns once it says so. Raises AssertionError where that takes too long."""
    await eventually(lambda: is_ready(gateway), RECOVERED)

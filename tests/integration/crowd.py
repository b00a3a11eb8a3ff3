"""People on the move: everyone does one thing after the other while a test makes trouble."""

import asyncio
import time
from collections.abc import Sequence

from qiao.load.gateway import Gateway
from qiao.load.lanes import Lane
from tests.integration.load import Life, Person

EVERY = 0.25
"""Seconds between two deeds of one person: the load is there to be broken, not to measure."""


class Crowd:
    """The people of a life on the move, for as long as the block lasts. One connection each."""

    def __init__(self, life: Life, gateway: Gateway, people: Sequence[Person]) -> None:
        """These people of that life."""
        self._life, self._gateway, self._people = life, gateway, people
        self._enough = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Crowd":
        self._tasks = [asyncio.create_task(self._live(person), name=person.handle) for person in self._people]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Everyone finishes what they are at. Raises the first thing that went wrong."""
        self._enough.set()
        await asyncio.wait(self._tasks)
        self.check()

    async def _live(self, person: Person) -> None:
        lane = Lane(self._gateway)
        try:
            while not self._enough.is_set():
                began = time.monotonic()
                await self._life.act(lane, person)
                await self._rest(began)
        finally:
            lane.close()

    async def _rest(self, began: float) -> None:
        try:
            await asyncio.wait_for(self._enough.wait(), max(0.0, EVERY - (time.monotonic() - began)))
        except TimeoutError:
            return

    def check(self) -> None:
        """Raises what has gone wrong so far."""
        for task in self._tasks:
            if task.done():
                task.result()

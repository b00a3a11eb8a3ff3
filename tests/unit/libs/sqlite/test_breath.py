"""Short blocking calls in a row let the loop breathe."""

import asyncio
import time

from libs.sqlite import Breath
from libs.sqlite.breath import LIMIT


async def _others_turns(calls: int, each: float) -> int:
    """How often another task got its turn while so many calls were made."""
    turns = 0
    breath = Breath()

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    for _ in range(calls):
        await breath.take()
        until = time.perf_counter() + each
        while time.perf_counter() < until:
            pass
    task.cancel()
    return turns


async def test_a_few_short_calls_are_made_at_once() -> None:
    assert await _others_turns(calls=3, each=LIMIT / 100) == 0


async def test_many_short_calls_make_way() -> None:
    assert await _others_turns(calls=200, each=LIMIT / 10) >= 10

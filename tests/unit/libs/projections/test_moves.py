"""Waking those who wait for a projection of the same process."""

import asyncio

from libs.http import Waits
from libs.log import Partition
from libs.projections import Moves


async def test_everybody_who_pauses_is_woken_by_the_next_move() -> None:
    moves = Moves()
    pausing = [asyncio.create_task(moves.pause(60)) for _ in range(3)]
    await asyncio.sleep(0)
    moves.moved()
    await asyncio.wait_for(asyncio.gather(*pausing), 10)


async def test_without_a_move_a_pause_ends_by_itself() -> None:
    moves = Moves()
    moves.moved()
    await asyncio.wait_for(moves.pause(0.01), 10)


async def test_a_wait_looks_again_as_soon_as_something_was_folded() -> None:
    moves, folded = Moves(), 0

    class Folding:
        async def reached(self, projection: str, topic: str, partition: int) -> int:
            return folded

    async def pause(seconds: float) -> None:
        nonlocal folded
        folded = 1
        asyncio.get_running_loop().call_soon(moves.moved)
        await moves.pause(60)  # however long a wait would pause

    waits = Waits(Folding(), {"feeds": {"posts"}}, pause=pause)
    assert await asyncio.wait_for(waits.wait(["feeds"], {Partition("posts", 0): 0}), 10)

"""Work that ends cleanly when it is told to stop."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from services.gateway.server import stop_requested

T = TypeVar("T")


async def interruptible(work: Coroutine[None, None, T]) -> T:
    """Do it; on Ctrl-C or SIGTERM cancel it, let it put things in order, and raise CancelledError."""
    with stop_requested() as stop:
        return (await _ended(work, stop)).result()


async def unless_stopped(work: Coroutine[None, None, None], stop: asyncio.Event) -> None:
    """Do it, and give up halfway, in order and without a word, once `stop` is set. Raises what it raises."""
    ended = await _ended(work, stop)
    if not ended.cancelled():
        ended.result()


async def _ended(work: Coroutine[None, None, T], stop: asyncio.Event) -> asyncio.Task[T]:
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        if not working.done():
            working.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
    return working

"""Letting the event loop breathe: short blocking calls, one after the other, must not add up to a stall."""

import asyncio
import time

LIMIT = 0.002
"""Seconds of one iteration of the loop after which short calls make way."""


class Breath:
    """Shared by everything that makes short blocking calls on one event loop."""

    def __init__(self) -> None:
        """Starts with the first call."""
        self._counting = False
        self._began = 0.0

    async def take(self) -> None:
        """Call it before each short call: it yields to the loop only if this iteration has taken too long already."""
        if not self._counting:
            self._counting = True
            self._began = time.perf_counter()
            asyncio.get_running_loop().call_soon(self._next_iteration)
        elif self.spent:
            await asyncio.sleep(0)

    @property
    def spent(self) -> bool:
        """Whether `take` would yield now: time to give back what others may want meanwhile."""
        return self._counting and time.perf_counter() - self._began > LIMIT

    def _next_iteration(self) -> None:
        self._counting = False

"""Waking those who wait for a projection of this very process, so that nobody has to look again and again."""

import asyncio
from contextlib import suppress


class Moves:
    """Tells whoever pauses as soon as a projection has folded something more. Of one event loop."""

    def __init__(self) -> None:
        """Nothing has moved."""
        self._next = asyncio.Event()

    def moved(self) -> None:
        """Something was folded, and is marked so."""
        self._next.set()
        self._next = asyncio.Event()

    async def pause(self, seconds: float) -> None:
        """Until the next move, at most so many seconds: one that came just before the call is not noticed."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._next.wait(), seconds)

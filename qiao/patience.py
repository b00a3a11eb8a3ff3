"""Starting while a server is away or not migrated yet: try again for a while, and say so once."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from libs.log import LogUnavailable
from libs.vault import VaultUnavailable
from libs.views import SchemaOutdated, ViewsUnavailable

T = TypeVar("T")

PASSING = (LogUnavailable, ViewsUnavailable, VaultUnavailable, SchemaOutdated)
"""What may be over soon: a server is away, or `qiao migrate` is not done yet."""

PAUSE = 1.0
"""Seconds between two tries."""

log = logging.getLogger(__name__)


class Patience:
    """How long one start may wait for all its servers together."""

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Begins now. A try that has begun is finished; `clock` in seconds."""
        self._seconds, self._clock, self._pause = seconds, clock, pause
        self._began = clock()

    async def reach(self, what: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """What `attempt` returns, once `what` answers. Raises what it raises: its last error when the time is over."""
        tried = 0
        while True:
            try:
                reached = await attempt()
            except PASSING as error:
                await self._wait(what, error, first=tried == 0)
                tried += 1
                continue
            if tried:
                log.warning("%s is there, after %.0f s", what, self._clock() - self._began)
            return reached

    async def _wait(self, what: str, error: Exception, *, first: bool) -> None:
        if self._clock() - self._began + PAUSE > self._seconds:
            raise type(error)(
                f"{what} cannot be reached: {error}; tried for {self._seconds:g} s, QIAO_START_TIMEOUT sets how long"
            ) from error
        if first:
            log.warning("%s cannot be reached yet: %s; trying for up to %g s", what, error, self._seconds)
        await self._pause(PAUSE)

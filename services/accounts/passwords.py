"""Passwords: argon2id, off the loop, a few at a time (each takes 19 MiB and about 20 ms of a core).

In a surge people queue, up to about a second; whoever comes when the queue is full is asked to come again, because an
answer that comes after the client has given up helps nobody and costs the next one their place.

Parameters are OWASP's minimum for argon2id (m=19 MiB, t=2, p=1), so that a surge of sign-ups does not need memory
that a small machine lacks. A hash carries its parameters; raising them later re-hashes at the next sign-in.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from libs.cores import usable_cores
from libs.http.kinds import UNAVAILABLE

MEMORY_KIB, PASSES, LANES = 19_456, 2, 1
AT_ONCE = usable_cores()
"""More would take memory and gain no time. A container has little of either, however large its node is."""
MOST_WAITING = 50 * AT_ONCE
"""As many as are through in about a second."""

T = TypeVar("T")

_THREADS = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
"""A thread that has hashed once keeps the 19 MiB for the next one, so only these do it."""


class Passwords:
    """Hashes and verifies. Both raise UNAVAILABLE, with Retry-After, while too many wait already."""

    def __init__(self) -> None:
        """One per process."""
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._decoy = _THREADS.submit(self._hasher.hash, "nobody's password").result()

    async def hash(self, password: str) -> str:
        """A salted hash in PHC form."""
        async with self._slot():
            return await _in_thread(lambda: self._hasher.hash(password))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether it fits. Without a stored hash it takes as long and is False: handles cannot be guessed by time."""
        async with self._slot():
            fits = await _in_thread(lambda: self._fits(password, stored or self._decoy))
        return fits and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        if self._waiting >= MOST_WAITING:
            raise UNAVAILABLE("Very many people are signing in: try again in a moment.", headers={"Retry-After": "2"})
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._slots.release()

    def _fits(self, password: str, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False


async def _in_thread(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work)

"""Passwords: argon2id, off the loop, a few at a time (each takes 19 MiB and about 20 ms of a core).

Parameters are OWASP's minimum for argon2id (m=19 MiB, t=2, p=1), so that a surge of sign-ups does not need memory
that a small machine lacks. A hash carries its parameters; raising them later re-hashes at the next sign-in.
"""

import asyncio
import os

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

MEMORY_KIB, PASSES, LANES = 19_456, 2, 1
AT_ONCE = os.cpu_count() or 1
"""More would take memory and gain no time."""


class Passwords:
    """Hashes and verifies."""

    def __init__(self) -> None:
        """One per process."""
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._decoy = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        """A salted hash in PHC form."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether it fits. Without a stored hash it takes as long and is False: handles cannot be guessed by time."""
        async with self._slots:
            fits = await asyncio.to_thread(self._fits, password, stored or self._decoy)
        return fits and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _fits(self, password: str, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False

"""Bare argon2id, with the parameters of the accounts service."""

import asyncio
import time

from argon2 import PasswordHasher

from services.accounts.passwords import AT_ONCE, LANES, MEMORY_KIB, PASSES


async def hashes_per_second(count: int) -> float:
    """As many at once as the service does, in threads, on all cores."""
    hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
    waiting = iter(range(count))

    async def lane() -> None:
        for number in waiting:
            await asyncio.to_thread(hasher.hash, f"password {number}")

    began = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(AT_ONCE)))
    return count / (time.perf_counter() - began)

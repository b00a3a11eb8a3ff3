"""Several sides that write one record at once: each tries until it has its turn."""

import asyncio
import random
import time
from collections.abc import AsyncIterator

from libs.vault.port import VaultUnavailable

CONTENTION_SECONDS = 10.0
"""How long a `put` or a `claim` tries."""

_PAUSE = 0.02


async def turns() -> AsyncIterator[None]:
    """Two turns at once, the second with what the first found; then, as others interfere, each after a random pause."""
    deadline = time.monotonic() + CONTENTION_SECONDS
    yield
    while time.monotonic() < deadline:
        yield
        await asyncio.sleep(random.uniform(0, _PAUSE))  # noqa: S311 - spreads out contenders


def contended(kind: str, key: str) -> VaultUnavailable:
    """After the last turn."""
    return VaultUnavailable(f"cassandra: {kind} {key} is written from too many sides")

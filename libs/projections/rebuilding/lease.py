"""One rebuild of a projection at a time: a lease in the vault, renewed while it lasts.

It keeps two from doing the same work. That nothing breaks if one goes on without knowing that it has lost its lease
does not rest on it: rows are stamped, and what serves is changed by compare-and-set.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from libs.vault import Vault, VaultUnavailable
from libs.vault.port import Item

KIND = "rebuild-lease"

SECONDS = 15.0
RENEW_EVERY = 4.0

log = logging.getLogger(__name__)


class LeaseHeld(Exception):
    """Another rebuild of this projection runs, or was killed a moment ago."""


class LeaseLost(Exception):
    """The lease could not be renewed in time: another one may have begun."""


class Lease:
    """Made by `leased`."""

    def __init__(self, vault: Vault, projection: str, owner: str, item: Item) -> None:
        """`item` is the record that was claimed."""
        self._vault, self._projection, self._owner, self._item = vault, projection, owner, item
        self._renewed = asyncio.get_running_loop().time()
        self._lost = False

    def check(self) -> None:
        """Raises LeaseLost."""
        if self._lost or asyncio.get_running_loop().time() - self._renewed > SECONDS:
            raise LeaseLost(f"the lease on {self._projection} was lost: run it again")

    async def renew(self) -> None:
        """Renew for ever; a vault that is away is asked again."""
        while not self._lost:
            await asyncio.sleep(RENEW_EVERY)
            with suppress(VaultUnavailable):
                began = asyncio.get_running_loop().time()
                item = await self._vault.compare_and_set(
                    KIND, self._projection, self._item.version, self._owner.encode(), ttl=SECONDS
                )
                self._lost = item is None
                self._item, self._renewed = item or self._item, began

    async def give_back(self) -> None:
        """Let the next one begin at once, if it is still ours."""
        with suppress(VaultUnavailable):
            item = await self._vault.get(KIND, self._projection)
            if item is not None and item.value == self._owner.encode():
                await self._vault.delete(KIND, self._projection)


async def holder(vault: Vault, projection: str) -> str | None:
    """Who rebuilds now, or did a moment ago. Raises VaultUnavailable."""
    item = await vault.get(KIND, projection)
    return item.value.decode() if item else None


@asynccontextmanager
async def leased(vault: Vault, projection: str, owner: str) -> AsyncIterator[Lease]:
    """Hold the lease while the block lasts. `owner` is a name of this process alone.

    Raises LeaseHeld, VaultUnavailable.
    """
    item = await vault.compare_and_set(KIND, projection, None, owner.encode(), ttl=SECONDS)
    if item is None:
        raise LeaseHeld(f"{projection} is being rebuilt by {await holder(vault, projection)}")
    lease = Lease(vault, projection, owner, item)
    renewing = asyncio.create_task(lease.renew(), name=f"renew the lease on {projection}")
    try:
        yield lease
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        await lease.give_back()

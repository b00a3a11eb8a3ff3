"""Who owns a handle: the vault's promise, asked before the log hears of it, and known at once.

A handle is claimed under a lease longer than the log's delivery time-out, and confirmed once the registration is in
the log: a crash before the append gives it back by itself. Owners never change, so they are remembered.
"""

from collections import OrderedDict
from uuid import UUID

from libs.vault import Vault

KIND = "handle"
LEASE = 180.0
REMEMBERED = 50_000


class Handles:
    """Claims and looks up handles."""

    def __init__(self, vault: Vault) -> None:
        """`vault` keeps the promises."""
        self._vault = vault
        self._owners: OrderedDict[str, UUID] = OrderedDict()

    async def free_for(self, handle: str, account: UUID) -> bool:
        """Whether nobody else has it just now: asked before work that only a claim is worth."""
        item = await self._vault.get(KIND, handle)
        return item is None or item.owner == str(account)

    async def claim(self, handle: str, account: UUID) -> bool:
        """Reserve a handle; False if someone else has it."""
        item = await self._vault.claim(KIND, handle, str(account), b"", lease=LEASE)
        return item.owner == str(account)

    async def confirm(self, handle: str, account: UUID) -> bool:
        """Make the reservation permanent; False if the lease ran out and someone else took it."""
        return await self._vault.confirm(KIND, handle, str(account))

    async def keep(self, handle: str, account: UUID) -> bool:
        """Reserve it and make that permanent, for an account that the log has; False if someone else has it."""
        return await self.claim(handle, account) and await self.confirm(handle, account)

    async def owner_of(self, handle: str) -> UUID | None:
        """Whose it is; a reservation that is not confirmed counts for nobody."""
        known = self._owners.get(handle)
        if known is not None:
            return known
        item = await self._vault.get(KIND, handle)
        if item is None or not item.confirmed:
            return None
        owner = UUID(item.owner)
        self._remember(handle, owner)
        return owner

    def _remember(self, handle: str, owner: UUID) -> None:
        self._owners[handle] = owner
        if len(self._owners) > REMEMBERED:
            self._owners.popitem(last=False)

"""Who the admins are: handles that the operator named, told apart by the accounts that own them.

A token says which account it is of; what handle that account has is for the vault to say, never for the token.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from libs.vault import Vault
from qiao.load import Gateway
from qiao.settings import Settings
from qiao.world.note import sample_noted
from qiao.world.sample import SAMPLE_HANDLE
from services.accounts.handles import Handles


class Admins:
    """The admins of one platform."""

    def __init__(self, settings: Settings, vault: Vault) -> None:
        """`vault` knows who owns a handle."""
        self._settings, self._vault = settings, vault
        self._handles = Handles(vault)

    async def handles(self) -> Sequence[str]:
        """Whom the settings name; where they name nobody, the sample world's own. Raises VaultUnavailable."""
        named = [handle.strip() for handle in self._settings.admins.split(",") if handle.strip()]
        if named or not self._private or not await sample_noted(self._vault):
            return named
        return [SAMPLE_HANDLE]

    async def accounts(self) -> Collection[UUID]:
        """Their accounts; a handle of nobody counts for nobody. Raises VaultUnavailable."""
        owners = [await self._handles.owner_of(handle) for handle in await self.handles()]
        return {owner for owner in owners if owner is not None}

    @property
    def _private(self) -> bool:
        """Whether nobody else than this machine reaches the gateway: everyone knows the sample world's password."""
        host, _ = self._settings.address
        direct = self._settings.trusted_proxies == 0 and self._settings.sample == "on"
        return self._settings.embedded and direct and Gateway(host=host, port=0).loopback

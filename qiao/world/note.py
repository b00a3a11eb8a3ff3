"""The vault's note of a sample world that was begun: an `up` that is stopped meanwhile ends it the next time."""

from libs.vault import Vault

KIND, KEY = "sample", "world"


async def sample_noted(vault: Vault) -> bool:
    """Whether `qiao up` has made a sample world here, or begun to. Raises VaultUnavailable."""
    return await vault.get(KIND, KEY) is not None

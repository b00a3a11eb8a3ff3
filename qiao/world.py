"""The sample world's sign-in, so that a newcomer can look around at once."""

from libs.vault import Vault
from qiao.settings import Settings
from qiao.stores import Stores

SAMPLE_HANDLE = "mei"
SAMPLE_PASSWORD = "bridge-bridge"  # noqa: S105 - the sample world's, on one's own machine


async def sign_in_hint(stores: Stores, settings: Settings) -> str:
    """One line for the terminal: who can sign in, and how."""
    if not await has_sample(stores.vault):
        return "Nobody is here yet: `qiao seed` makes a small sample world."
    return f"Sign in as {SAMPLE_HANDLE} with the password {SAMPLE_PASSWORD}."


async def has_sample(vault: Vault) -> bool:
    """Whether the sample world is there."""
    return await vault.get("handle", SAMPLE_HANDLE) is not None

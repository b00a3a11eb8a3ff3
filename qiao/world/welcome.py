"""What `qiao up` tells a newcomer."""

from libs.log import Partition
from libs.vault import Vault
from qiao.stores import Stores
from qiao.world.people import SAMPLE_HANDLE, SAMPLE_PASSWORD

HINT = f"Sign in as {SAMPLE_HANDLE} with the password {SAMPLE_PASSWORD}"


async def is_empty(stores: Stores) -> bool:
    """Whether nobody has ever been here. Raises LogUnavailable."""
    accounts = (await stores.log.topics())["accounts"]
    bounds = await stores.log.bounds(Partition("accounts", number) for number in range(accounts.partitions))
    return all(end == 0 for _, end in bounds.values())


async def sign_in_hint(stores: Stores) -> str:
    """One line for the terminal: who can sign in, and how."""
    if await has_sample(stores.vault):
        return f"{HINT}."
    return "Nobody of the sample world is here: `qiao seed` makes it."


async def has_sample(vault: Vault) -> bool:
    """Whether the sample world is there."""
    return await vault.get("handle", SAMPLE_HANDLE) is not None

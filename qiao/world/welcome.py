"""What `qiao up` makes of a directory that nobody has been in, and what it tells a newcomer."""

import logging

from libs.log import Partition
from qiao.admins import Admins
from qiao.load import Gateway, GatewayAway, Refused
from qiao.settings import Settings
from qiao.stores import Stores
from qiao.world.note import KEY, KIND
from qiao.world.sample import SAMPLE_HANDLE, SAMPLE_PASSWORD
from qiao.world.seeding import seed

SIGN_IN = f"Sign in as {SAMPLE_HANDLE} with the password {SAMPLE_PASSWORD}"
ADMIN_HINT = f"{SAMPLE_HANDLE} is the admin here: /debug shows what happens behind the scenes."

log = logging.getLogger(__name__)


async def wants_sample(stores: Stores, settings: Settings) -> bool:
    """Whether the sample world is to be made: nobody has been here, and nobody else than this machine reaches it.

    Everyone knows its password, so it is not made by itself where others could sign in, unless QIAO_SAMPLE=public.
    """
    host, _ = settings.address
    if settings.sample == "off" or not settings.embedded or not (loopback(host) or settings.sample == "public"):
        return False
    item = await stores.vault.get(KIND, KEY)
    if item is not None:
        return item.value == b"begun"
    empty = await _is_empty(stores)
    if empty:
        await stores.vault.put(KIND, KEY, b"begun")
    return empty


async def make_sample(stores: Stores, gateway: Gateway) -> None:
    """Make it through our own gateway. A failure is logged: the platform runs without it."""
    try:
        await seed(gateway)
    except (Refused, GatewayAway) as error:
        log.warning("the sample world is not complete: %s; the next start completes it", error)
        return
    await stores.vault.put(KIND, KEY, b"done")


async def sign_in_hint(stores: Stores, settings: Settings) -> str:
    """One line for the terminal: who can sign in, and how."""
    if await stores.vault.get("handle", SAMPLE_HANDLE) is not None:
        is_admin = SAMPLE_HANDLE in await Admins(settings, stores.vault).handles()
        return f"{SIGN_IN}. {ADMIN_HINT}" if is_admin else f"{SIGN_IN}."
    return "There is no sample world here: `qiao seed` makes one."


async def _is_empty(stores: Stores) -> bool:
    accounts = (await stores.log.topics())["accounts"]
    bounds = await stores.log.bounds([Partition("accounts", number) for number in range(accounts.partitions)])
    return all(end == 0 for _, end in bounds.values())


def loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    return Gateway(host=host, port=0).loopback

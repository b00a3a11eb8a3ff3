"""The sample world where others than this machine reach it: everyone knows the password of its people."""

import logging

from qiao.settings import Settings, SettingsInvalid
from qiao.stores import Stores
from qiao.world.note import sample_noted
from qiao.world.sample import SAMPLE_HANDLE, SAMPLE_PASSWORD
from qiao.world.welcome import loopback
from services.accounts.commands import CREDENTIALS
from services.accounts.passwords import Passwords

log = logging.getLogger(__name__)


async def refuse_to_expose_sample(stores: Stores, settings: Settings) -> None:
    """Raises SettingsInvalid where `qiao up` made a sample world that strangers could now sign in to.

    Told by the note that `qiao up` left, not by the password: else whoever joins as one of these people, with that
    password, would keep a platform from starting. Where only the password tells, it is a warning.
    """
    host, _ = settings.address
    if settings.sample == "public" or loopback(host):
        return
    if await sample_noted(stores.vault):
        raise SettingsInvalid(
            f"QIAO_LISTEN={settings.listen}: the sample world is in QIAO_DATA={settings.data}, and everyone knows the "
            "password of its people. Set QIAO_DATA to another directory, listen on 127.0.0.1, or set "
            "QIAO_SAMPLE=public if anyone may act as them"
        )
    if await _has_public_password(stores):
        log.warning(
            "%s has the password of the sample world, which everyone knows, and QIAO_LISTEN=%s is not this machine "
            "alone: whoever reaches it can act as the people that `qiao seed` made",
            SAMPLE_HANDLE,
            settings.listen,
        )


async def _has_public_password(stores: Stores) -> bool:
    handle = await stores.vault.get("handle", SAMPLE_HANDLE)
    kept = await stores.vault.get(CREDENTIALS, handle.owner) if handle else None
    return kept is not None and await Passwords().verify(SAMPLE_PASSWORD, kept.value.decode())

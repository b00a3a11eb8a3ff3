"""What accounts needs to decide: who registered which handle; who blocks, follows and mutes whom."""

from libs.events import (
    AccountBlocked,
    AccountFollowed,
    AccountMuted,
    AccountUnblocked,
    AccountUnfollowed,
    AccountUnmuted,
    Event,
)
from libs.people import Blocks, Intents, Owners, Says
from libs.views import Reads

OWNERS = Owners("accounts")
BLOCKS = Blocks("accounts")
INTENTS = Intents(
    "accounts",
    {
        AccountFollowed: Says("follow", True),
        AccountUnfollowed: Says("follow", False),
        AccountMuted: Says("mute", True),
        AccountUnmuted: Says("mute", False),
    },
    subject="target",
)

TABLES = (*OWNERS.tables, *BLOCKS.tables, *INTENTS.tables)


async def stands(reads: Reads, event: Event) -> bool:
    """Whether the last such decision about an account that was folded says the same; False where none was."""
    if isinstance(event, AccountBlocked | AccountUnblocked):
        return await BLOCKS.stands(reads, event)
    return await INTENTS.stands(reads, event)

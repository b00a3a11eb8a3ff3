"""The site under /debug, as the gateway takes it."""

from uuid import UUID

from libs.http import Problem
from qiao.debugging.pages import STYLE, DebugPages, SiteFrame
from qiao.debugging.routes import journeys_of
from qiao.services import account_commands, projections
from qiao.settings import Settings
from qiao.stores import Stores
from services.accounts.guesses import Guesses
from services.gateway.pages import Pages


def debug_site(settings: Settings, stores: Stores, guesses: Guesses | None) -> Pages:
    """Its pages over these stores, behind the passwords of the platform's accounts; `guesses` counts the wrong ones."""
    commands = account_commands(stores, guesses)

    async def check(handle: str, password: str, network: str) -> UUID | None:
        signed_in = await commands.sign_in(handle, password, network)
        if isinstance(signed_in, Problem):
            return None
        # The cookie is the session here: the one that began beside it is over at once.
        await commands.sign_out(signed_in.refresh_token)
        return signed_in.account

    return Pages(
        pages=DebugPages(projections(settings), stores, journeys_of(settings, stores)).pages,
        frame=SiteFrame(),
        style=STYLE,
        secrets=stores.secrets.derived("debug sessions"),
        check=check,
    )

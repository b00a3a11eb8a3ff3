"""What accounts remembers of each event."""

from libs.events import AccountBlocked, AccountUnblocked, Meta
from libs.projections import Out, Projection, folds
from services.accounts.tables import BLOCKS, TABLES, Block


def _blocked(event: AccountBlocked, meta: Meta, out: Out) -> None:
    out.put(BLOCKS, Block(event.account, event.target, on=True))


def _unblocked(event: AccountUnblocked, meta: Meta, out: Out) -> None:
    out.put(BLOCKS, Block(event.account, event.target, on=False))


def projection() -> Projection:
    """The projection `accounts`."""
    handlers = dict([folds(AccountBlocked, _blocked), folds(AccountUnblocked, _unblocked)])
    return Projection("accounts", tables=TABLES, handlers=handlers)

"""What accounts remembers of each event."""

from libs.projections import Projection
from services.accounts.tables import BLOCKS, INTENTS, OWNERS, TABLES


def projection() -> Projection:
    """The projection `accounts`."""
    handlers = [*OWNERS.handlers, *BLOCKS.handlers, *INTENTS.handlers]
    return Projection("accounts", tables=TABLES, handlers=dict(handlers))

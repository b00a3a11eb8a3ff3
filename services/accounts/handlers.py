"""What accounts remembers of each event."""

from libs.projections import Projection
from services.accounts.tables import BLOCKS, INTENTS, TABLES


def projection() -> Projection:
    """The projection `accounts`."""
    return Projection("accounts", tables=TABLES, handlers=dict([*BLOCKS.handlers, *INTENTS.handlers]))

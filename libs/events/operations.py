"""Topic `operations`, keyed by what is operated on: an operator's hand on the system, on the record."""

from typing import Annotated
from uuid import UUID

import msgspec

from libs.events.event import Event, event

TOPIC = "operations"


@event(topic=TOPIC, key="subject")
class EventSkipped(Event, frozen=True, kw_only=True):
    """An operator discarded a parked event: this projection never folds it, in a rebuild and a replay neither."""

    subject: str
    """The key of the event that is skipped, as text."""
    projection: str
    """The projection that skips it."""
    topic: str
    """The topic where the skipped event stands."""
    partition: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    """The partition where it stands, from 0 to 2^31 - 1."""
    offset: Annotated[int, msgspec.Meta(ge=0, le=2**40 - 1)]
    """The offset where it stands, from 0 to 2^40 - 1 (what a write stamp has room for)."""
    reason: str
    """Why, in the operator's words; no personal data."""
    account: UUID | None = None
    """The operator who decided it; None if it was done from the command line of the system itself."""

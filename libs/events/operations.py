"""Topic `operations`, keyed by what is operated on: an operator's hand on the system, on the record."""

from typing import Annotated
from uuid import UUID

import msgspec

from libs.events.event import Event, event

TOPIC = "operations"

PartitionNumber = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Offset = Annotated[int, msgspec.Meta(ge=0, le=2**40 - 1)]


@event(topic=TOPIC, key="subject")
class EventSkipped(Event, frozen=True, kw_only=True):
    """An operator discarded a parked event: this projection never folds it, in a rebuild and a replay neither."""

    subject: str
    """The key of the event that is skipped, as text."""
    projection: str
    """The projection that skips it."""
    topic: str
    """The topic where the skipped event stands."""
    partition: PartitionNumber
    """The partition where it stands, from 0 to 2^31 - 1."""
    offset: Offset
    """The offset where it stands, from 0 to 2^40 - 1 (what a write stamp has room for)."""
    reason: str
    """Why, in the operator's words; no personal data."""
    account: UUID | None = None
    """The operator who decided it; None if it was done from the command line of the system itself."""
    event: UUID | None = None
    """The id of the skipped event: another one at its place is not skipped. None where it could not be read."""
    operator: str | None = None
    """The login name of the operator at the command line; None where `account` says who it was."""


@event(topic=TOPIC, key="subject")
class EventSuperseded(Event, frozen=True, kw_only=True):
    """An operator edited a parked event: these data are folded in its place, in a rebuild and a replay, too.

    The event itself stays in the log as it is.
    """

    subject: str
    """The key of the event that is superseded, as text."""
    projection: str | None
    """The projection that folds these data instead; None for every one."""
    topic: str
    """The topic where the superseded event stands."""
    partition: PartitionNumber
    """The partition where it stands, from 0 to 2^31 - 1."""
    offset: Offset
    """The offset where it stands, from 0 to 2^40 - 1 (what a write stamp has room for)."""
    event: UUID
    """The id of the superseded event: another one at its place is not superseded."""
    event_type: str
    """The type of both, such as PostCreated."""
    version: Annotated[int, msgspec.Meta(ge=1)]
    """Which version of the type's data `data` is, from 1."""
    data: str
    """The data instead, the JSON that the event's record would hold: personal fields are sealed tokens in it, too."""
    reason: str
    """Why, in the operator's words; no personal data."""
    account: UUID | None = None
    """The operator who decided it; None if it was done from the command line of the system itself."""
    operator: str | None = None
    """The login name of the operator at the command line; None where `account` says who it was."""

"""The envelope: what surrounds an event, in CloudEvents' words, and where it stands in the log."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec

from libs.events.event import Event, spec_of, subject_of
from libs.events.ids import derived_id, new_id

Text = Annotated[str, msgspec.Meta(min_length=1)]

_HEADER_NAMES = {
    "id": "ce_id",
    "type": "ce_type",
    "version": "ce_dataversion",
    "source": "ce_source",
    "time": "ce_time",
    "subject": "ce_subject",
    "actor": "ce_actor",
    "correlation": "ce_correlationid",
    "causation": "ce_causationid",
}


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=_HEADER_NAMES, gc=False):
    """The attributes of one event (CloudEvents 1.0, binary content mode, plus our extensions).

    On the wire each is the header of `_HEADER_NAMES`, or its own name; what is None has no header.
    """

    id: UUID
    """Who this event is: a UUIDv7; a copy of an event has the same id."""

    type: Text
    """The event type's name, such as PostCreated."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    """Which version of the type's data this is, from 1 (`ce_dataversion`)."""

    source: Text
    """The service that appended it, such as /posts."""

    time: Annotated[datetime, msgspec.Meta(tz=True)]
    """When it was decided, UTC, in the clock of who decided it. Orders nothing: the log's offsets do."""

    subject: Text
    """The key it is filed under."""

    actor: UUID | None = None
    """The account that acted; None for the system itself."""

    correlation: UUID
    """The id of the event that began the story."""

    causation: UUID | None = None
    """The id of the event that caused this one; None for what a person began."""

    traceparent: str | None = None
    """W3C trace context of the span that appended it."""

    tracestate: str | None = None
    """W3C trace state, passed on untouched."""


class Meta(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event's envelope with its place in the log: what a handler is told beside the event."""

    envelope: Envelope
    topic: str
    partition: int
    offset: int
    log_time: int
    """The log's own append time, in milliseconds since 1970 UTC."""


def envelope_for(
    event: Event,
    *,
    source: str,
    actor: UUID | None,
    now: datetime,
    cause: Meta | Envelope | None = None,
    id: UUID | None = None,  # noqa: A002  # the attribute's own name
    traceparent: str | None = None,
    tracestate: str | None = None,
) -> Envelope:
    """The envelope of an event about to be appended.

    What has a cause joins its story. Without an `id`, what a person began gets a new one, and what has a cause gets
    the one derived from cause, source, type and subject: a handler that emits several of one type about one subject
    must give each an id of its own. Raises ValueError for a `now` without a time zone.
    """
    if now.tzinfo is None:
        raise ValueError("now has no time zone: give the time in UTC")
    spec = spec_of(event)
    subject = subject_of(event)
    parent = cause.envelope if isinstance(cause, Meta) else cause
    if id is None:
        id = new_id() if parent is None else derived_id(parent.id, source, spec.type, subject)  # noqa: A001
    return Envelope(
        id=id,
        type=spec.type,
        version=spec.version,
        source=source,
        time=now.astimezone(UTC),
        subject=subject,
        actor=actor,
        correlation=id if parent is None else parent.correlation,
        causation=None if parent is None else parent.id,
        traceparent=traceparent,
        tracestate=tracestate,
    )

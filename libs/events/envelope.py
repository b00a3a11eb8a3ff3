"""The envelope: what surrounds an event, in CloudEvents' words, and where it stands in the log."""

from datetime import datetime
from uuid import UUID

import msgspec


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The attributes of one event (CloudEvents 1.0, binary content mode, plus our extensions)."""

    id: UUID
    """Who this event is: a UUIDv7; a copy of an event has the same id."""

    type: str
    """The event type's name, such as PostCreated."""

    version: int
    """Which version of the type's data this is, from 1 (`ce_dataversion`)."""

    source: str
    """The service that appended it, such as /posts."""

    time: datetime
    """When it was decided, UTC, in the clock of who decided it. Orders nothing: the log's offsets do."""

    subject: str
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


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """An event's envelope with its place in the log: what a handler is told beside the event."""

    envelope: Envelope
    topic: str
    partition: int
    offset: int
    log_time: int
    """The log's own append time, in milliseconds since 1970 UTC."""

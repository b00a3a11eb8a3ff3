"""What an operator asks of a partition's owner, and the events that put it on the record."""

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import msgspec

from libs.events import EventSkipped, EventSuperseded, derived_id, new_id, time_of
from libs.log import Partition, Record
from libs.projections.sorting import header, type_of


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """Other data for an event."""

    version: int
    """Of the event type's data."""
    data: str
    """The JSON that the record would hold: personal fields are sealed."""
    everywhere: bool = False
    """For every projection, not only for the one that is asked."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator asks of a partition's owner, and what came of it."""

    action: Literal["redrive", "discard", "edit"]
    id: UUID = msgspec.field(default_factory=new_id)
    """Of the request: what its owner appends has ids derived from it, so that carrying it out twice appends copies."""
    key: str
    """The parked key."""
    offset: int | None = None
    """Only the event there; None for every event of the key. What is folded must be the first that waits."""
    edit: Edit | None = None
    """With `edit`: what is folded in place of the event at `offset`."""
    actor: str
    reason: str
    state: Literal["asked", "done", "failed"] = "asked"
    outcome: str = ""


Decision = EventSkipped | EventSuperseded


def decision_id(request: Request, partition: Partition, offset: int) -> UUID:
    """The same however often the request is carried out."""
    return derived_id(request.id, partition.topic, str(partition.number), str(offset))


def decided_at(request: Request) -> datetime:
    """When the operator asked, UTC."""
    return datetime.fromtimestamp(time_of(request.id) / 1000, UTC)


def skipped(request: Request, projection: str, partition: Partition, offset: int, record: Record | None) -> Decision:
    """That the event is given up. `record` is None where it cannot be read any more."""
    return EventSkipped(
        subject=request.key,
        projection=projection,
        topic=partition.topic,
        partition=partition.number,
        offset=offset,
        reason=request.reason,
        event=_event_id(record) if record else None,
        operator=request.actor,
    )


def superseded(request: Request, edit: Edit, projection: str, record: Record) -> Decision:
    """That other data are folded in its place. Raises ValueError for a record without a readable id."""
    event = _event_id(record)
    if event is None:
        raise ValueError("the event's envelope cannot be read: it can only be discarded")
    return EventSuperseded(
        subject=request.key,
        projection=None if edit.everywhere else projection,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        event=event,
        event_type=type_of(record),
        version=edit.version,
        data=edit.data,
        reason=request.reason,
        operator=request.actor,
    )


def _event_id(record: Record) -> UUID | None:
    try:
        return UUID(header(record, "ce_id") or "")
    except ValueError:
        return None

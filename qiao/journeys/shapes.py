"""What a journey tells. Only ids, handles, times and states: what people wrote is not in it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

State = Literal["folded", "on its way", "parked", "queued", "redriven", "edited", "discarded", "skipped"]
"""What became of an event in a projection. queued: it waits behind a parked one of its key; the last four are what an
operator did about it."""


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one table that the handler writes for the event, beside what the table holds now."""

    table: str
    count: int
    keys: tuple[str, ...] = ()
    """The primary keys of the first few, each with its parts joined by spaces."""
    as_written: int = 0
    changed_since: int = 0
    """A later event has written the row anew."""
    missing: int = 0
    """Not there: not folded yet, cleaned away, or lost."""
    lost: tuple[str, ...] = ()
    """The keys of the first few that are missing."""
    crossing: bool = False
    """Written by the second phase, from what it reads of others now, such as who follows."""
    at_least: bool = False
    """There are more than were counted."""


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """What one projection did with an event."""

    projection: str
    state: State
    behind: int = 0
    """Events of the partition that it has yet to fold, up to and with this one."""
    handled_ms: int | None = None
    """From its append to the end of the batch that folded it; None where no trace of that is kept."""
    batches: int = 0
    """How many batches held it: each above one is a retry. 0 where no trace of them is kept."""
    tries: int = 0
    """How often it was tried in vain, where it was parked."""
    error: str = ""
    trace: str = ""
    """The trace of the failure."""
    actor: str = ""
    """The operator who ended its waiting."""
    reason: str = ""
    refused: tuple[str, ...] = ()
    """Why it folds to nothing: its actor lacked the right."""
    rows: tuple[Rows, ...] = ()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the journey."""

    event: UUID
    type: str
    place: str
    """Where it stands in the log: topic[partition]@offset."""
    source: str
    """The service that appended it."""
    actor: UUID | None
    actor_handle: str = ""
    """Empty where nobody acted or the account is not known."""
    subject: str
    decided_at: datetime
    """By the clock of who decided it."""
    appended_at: datetime
    """By the log's clock."""
    append_ms: int
    """From the decision to the append."""
    after_ms: int
    """From the append of the journey's first event to this one's."""
    trace: str = ""
    """The trace of the request that appended it; empty where there was none."""
    caused_by: UUID | None = None
    """The event of this journey that it followed from; None for the first."""
    handled: tuple[Handled, ...] = ()


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """The whole tree: `steps` in the order of the log's time, the first one is the root."""

    post: UUID
    steps: tuple[Step, ...]
    left_out: int = 0
    """Likes, saves and replies that were not looked up, because there are too many."""
    not_found: int = 0
    """Events that tables tell of, and that the log does not show near their time."""
    complete: bool = False
    """Every event since the post was read. Else only those that left rows, and the ones not folded yet."""

"""The projection host's own tables. Their rows are stamped like all others."""

from typing import Literal
from uuid import UUID

import msgspec

from libs.views import Table, TableKind, asc

Mark = Literal["emitted", "reached"]


class Progress(msgspec.Struct, frozen=True):
    """How far a projection is in one partition; `offset` is the first that is not yet done.

    `emitted`: every event below it has had its own events appended. `reached`: every event below it is folded.
    Two rows, because each rises on its own and the higher stamp must win for each.
    """

    projection: str
    generation: int
    topic: str
    partition: int
    mark: str
    offset: int
    epoch: int = 0
    """The topic's: a topic that was made again begins at 0, whatever its namesake came to."""


class ParkedState(msgspec.Struct, frozen=True, kw_only=True):
    """Why an event stands aside, and what became of it."""

    state: Literal["parked", "queued", "redriven", "edited", "discarded"]
    event_type: str = ""
    error: str = ""
    frames: tuple[str, ...] = ()
    """The innermost calls when it failed, outermost first, each as module.function:line."""
    trace: str = ""
    tries: int = 0
    epoch: int = 0
    """The topic's: what waited in the log that the topic was before it was made again, waits in vain."""
    actor: str = ""
    """Who ended its waiting."""
    reason: str = ""
    """Why, in their words."""
    ended: int | None = None
    """When they asked for it, by the id of their request, in milliseconds since 1970 UTC."""


class Parked(msgspec.Struct, frozen=True):
    """A pointer to an event that could not be folded, or that waits behind one of its own key."""

    projection: str
    topic: str
    partition: int
    key: str
    offset: int
    body: ParkedState


class Tally(msgspec.Struct, frozen=True):
    """A count of one kind for one subject, as far as one source partition contributes to it.

    `at` is the stamp of the newest event counted in: deltas at or below it are not applied again.
    """

    subject: UUID
    kind: str
    source: int
    count: int
    at: int


PROGRESS: Table[Progress] = Table(
    "projections.progress",
    Progress,
    partition=("projection", "generation"),
    clustering=(asc("topic"), asc("partition"), asc("mark")),
    kind=TableKind.SYSTEM,
)

PARKED: Table[Parked] = Table(
    "projections.parked",
    Parked,
    partition=("projection", "topic", "partition"),
    clustering=(asc("key"), asc("offset")),
    kind=TableKind.SYSTEM,
)


def tally_table(name: str) -> Table[Tally]:
    """A service's table of tallies: one partition per subject, one row per kind and source partition."""
    return Table(name, Tally, partition=("subject",), clustering=(asc("kind"), asc("source")))


def total(rows: list[Tally], kind: str) -> int:
    """What the tallies of one kind add up to over the source partitions; never below zero."""
    return max(0, sum(row.count for row in rows if row.kind == kind))

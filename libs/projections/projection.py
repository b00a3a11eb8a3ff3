"""How a service declares what it folds: which events, by which handlers, into which tables.

A handler `on_x(event, meta, out)` is a pure function: no clock, no randomness, no I/O. It may read only rows of the
event's own key, which it names beforehand (`needs`), so that the host fetches a whole batch's reads at once.
Where more must be read, `after_x(event, meta, second)` follows once the first phase of its batch is flushed;
it may read anything and writes only crossing tables.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

import msgspec

from libs.events import Event, Meta, spec_of
from libs.projections.tables import Tally
from libs.views import Key, Reads, Table

E = TypeVar("E", bound=Event)
R = TypeVar("R", bound=msgspec.Struct)


class Need(NamedTuple):
    """One row that a handler will read: its table and whole primary key."""

    table: Table[Any]
    key: Key


class Out(Protocol):
    """What a first-phase handler reads from and writes to. It joins the batch only if the handler returns."""

    def get(self, table: Table[R], *key: object) -> R | None:
        """A row that `needs` named, with what this batch has already put. LookupError if it was not named."""

    def put(self, table: Table[R], row: R, *, expires_at: int | None = None) -> None:
        """Write a whole row of an own-key table. The stamp is the event's place in the log.

        LookupError for a table of another kind.
        """

    def add(self, kind: str, subject: UUID, delta: int) -> None:
        """Change a tally that the projection declares."""

    def emit(self, event: Event) -> None:
        """Append a further event after the handlers' first phase; its ids must derive from the cause."""

    def no_second_phase(self) -> None:
        """There is nothing to do after this event: its `after` is left out."""

    def refuse(self, reason: str) -> None:
        """Note that the event folds to nothing because its actor lacked the right. It is counted."""


class Second(Protocol):
    """What a second-phase handler reads from and writes to. Rows are flushed in bounded chunks as they come."""

    reads: Reads

    async def put(self, table: Table[R], rows: Sequence[R], *, expires_at: int | None = None) -> None:
        """Write whole rows of a crossing table; waits while too much is in flight. LookupError for another kind."""

    async def finish(self, table: Table[R], rows: Sequence[R]) -> None:
        """Write rows of a crossing table once everything that the batch's second phase has put is durable.

        LookupError for a table of another kind.
        """


Fold = Callable[[E, Meta, Out], None]
Needs = Callable[[E, Meta], Sequence[Need]]
After = Callable[[E, Meta, Second], Awaitable[None]]
Recount = Callable[[Reads, UUID, int], Awaitable[int]]
"""Counts a tally afresh from its membership rows: (reads, subject, source partition) -> count."""


class Handler(NamedTuple):
    """What is done with one event type."""

    fold: Fold[Any] | None
    needs: Needs[Any] | None
    after: After[Any] | None


class Projection:
    """A named fold of topics into tables. Declared once per service, run by the host."""

    def __init__(
        self,
        name: str,
        *,
        tables: Sequence[Table[Any]],
        handlers: Mapping[type[Event], Handler],
        tallies: Table[Tally] | None = None,
        recounts: Mapping[str, Recount] | None = None,
    ) -> None:
        """`recounts` names every tally kind that handlers `add` to."""
        self.name = name
        self.tables = tuple(tables)
        self.handlers = dict(handlers)
        self.tallies = tallies
        self.recounts = dict(recounts or {})
        self.topics = tuple(sorted({spec_of(event_type).topic for event_type in self.handlers}))
        self.group = f"qiao.{name}"
        """The consumer group of its hosts."""


def folds(
    event_type: type[E],
    fold: Fold[E] | None = None,
    *,
    needs: Needs[E] | None = None,
    after: After[E] | None = None,
) -> tuple[type[Event], Handler]:
    """One line of a projection's handler table, typed so that handler and event belong together."""
    return event_type, Handler(fold, needs, after)

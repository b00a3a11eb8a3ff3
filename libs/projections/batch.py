"""A batch: the first phase folded in memory, ready to be flushed.

Nothing here writes. What handlers put is kept per row, so that a later event of the batch reads what an
earlier one wrote, and a row written twice is flushed once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID

import msgspec

from libs.events import Event, Meta
from libs.projections.projection import Handler, Need, Projection
from libs.views import Key, Put, Reads, Table, TableKind

R = TypeVar("R", bound=msgspec.Struct)

GET_MANY = 500


class Item(NamedTuple):
    """A decoded event of the batch with its handler and the rows that it will read."""

    event: Event
    meta: Meta
    at: int
    """The stamp of all that it writes."""
    handler: Handler
    needs: Sequence[Need]


class TallyKey(NamedTuple):
    """One tally row, short of the projection's table."""

    subject: UUID
    kind: str
    source: int


class Delta(NamedTuple):
    """A change of a tally by the event with this stamp."""

    stamp: int
    change: int


class Emission(NamedTuple):
    """An event to append, the `number`-th of those caused by the event that `meta` describes."""

    event: Event
    meta: Meta
    number: int


class EventOut:
    """The `Out` of one event. It is joined to the batch only if the handler returned."""

    def __init__(self, batch: "Batch", item: Item) -> None:
        """Reads from the batch, but changes nothing in it."""
        self._batch, self._item, self._at = batch, item, item.at
        self.puts: dict[Need, Put] = {}
        self.deltas: dict[TallyKey, int] = defaultdict(int)
        self.emissions: list[Event] = []
        self.refusals: list[str] = []
        self.second_phase = item.handler.after is not None

    def get(self, table: Table[R], *key: object) -> R | None:
        """See `Out.get`."""
        need = Need(table, key)  # type: ignore[arg-type]  # the caller's key values are checked by the table
        if need not in self._item.needs:
            raise LookupError(f"{self._item.meta.envelope.type} reads {table.name} {key}: name it in its `needs`")
        mine = self.puts.get(need)
        if mine is not None:
            return cast("R", mine.row)
        return cast("R | None", self._batch.look(need))

    def put(self, table: Table[R], row: R, *, expires_at: int | None = None) -> None:
        """See `Out.put`."""
        if table.kind is not TableKind.OWN:
            raise LookupError(
                f"{self._item.meta.envelope.type} writes {table.name} in its first phase: leave it to `after`"
            )
        self.puts[Need(table, table.key_of(row))] = Put(table, row, self._at, expires_at)

    def add(self, kind: str, subject: UUID, delta: int) -> None:
        """See `Out.add`."""
        if kind not in self._batch.projection.recounts:
            raise LookupError(f"projection {self._batch.projection.name} declares no tally {kind!r}")
        self.deltas[TallyKey(subject, kind, self._item.meta.partition)] += delta

    def emit(self, event: Event) -> None:
        """See `Out.emit`."""
        self.emissions.append(event)

    def no_second_phase(self) -> None:
        """See `Out.no_second_phase`."""
        self.second_phase = False

    def refuse(self, reason: str) -> None:
        """See `Out.refuse`."""
        self.refusals.append(reason)


class Batch:
    """What the first phase of a run of events comes to."""

    def __init__(self, projection: Projection, read: Mapping[Need, msgspec.Struct | None]) -> None:
        """`read` holds every row that the events' handlers named in `needs`."""
        self.projection = projection
        self._read = read
        self.puts: dict[Need, Put] = {}
        self.deltas: dict[TallyKey, list[Delta]] = defaultdict(list)
        self.emissions: list[Emission] = []
        self.refusals: list[str] = []
        self.seconds: list[Item] = []

    def look(self, need: Need) -> msgspec.Struct | None:
        """The row as this batch has it so far."""
        put = self.puts.get(need)
        return put.row if put is not None else self._read[need]

    def fold(self, item: Item) -> None:
        """Run the event's handler and join what it did. Raises what the handler raises, joining nothing then."""
        out = EventOut(self, item)
        if item.handler.fold is not None:
            item.handler.fold(item.event, item.meta, out)
        self._join(out, item)

    def _join(self, out: EventOut, item: Item) -> None:
        self.puts.update(out.puts)
        for tally, change in out.deltas.items():
            if change:
                self.deltas[tally].append(Delta(item.at, change))
        self.emissions.extend(Emission(event, item.meta, number) for number, event in enumerate(out.emissions))
        self.refusals.extend(out.refusals)
        if out.second_phase:
            self.seconds.append(item)


def needs_of(items: Iterable[Item]) -> dict[Table[Any], list[Key]]:
    """The rows that the first phase will read, by table, each once."""
    wanted: dict[Table[Any], dict[Key, None]] = defaultdict(dict)
    for item in items:
        for need in item.needs:
            wanted[need.table][need.key] = None
    return {table: list(keys) for table, keys in wanted.items()}


async def read_needs(reads: Reads, items: Iterable[Item]) -> dict[Need, msgspec.Struct | None]:
    """Read what the first phase will read. Raises ViewsUnavailable."""
    read: dict[Need, msgspec.Struct | None] = {}
    for table, keys in needs_of(items).items():
        for begin in range(0, len(keys), GET_MANY):
            chunk = keys[begin : begin + GET_MANY]
            rows = await reads.get_many(table, chunk)
            read.update((Need(table, key), row) for key, row in zip(chunk, rows, strict=True))
    return read

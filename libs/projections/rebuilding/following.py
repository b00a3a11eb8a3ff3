"""Folding one generation up to where another one is, and never beyond it, with all that handlers emit left out.

Because it never passes the generation that it follows, everything that it leaves out was appended by that one, unless
the event stands aside there. Such an event is folded here if it emits nothing; otherwise it stands aside here as well,
and a redrive appends what it causes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

import msgspec

from libs.events import Event, Meta
from libs.log import Bounds, Partition, Place, Record
from libs.log.merging import in_batches, in_canonical_order
from libs.projections.amendments import NONE, Amendments, load_amendments, operations_ends
from libs.projections.failures import ProjectionRefused, patiently
from libs.projections.projection import Handler, Out, Projection
from libs.projections.rebuilding.ground import Ground
from libs.projections.replaying import Replayed, Replayer
from libs.views import Table

R = TypeVar("R", bound=msgspec.Struct)

BATCH = 200
"""Records folded at a time: a post may become thousands of rows, and live batches wait for those that are under way."""

ROUND_SECONDS = 30.0
"""After so long it looks anew at what stands aside, and at what operators decided."""


Note = Callable[[Mapping[int, int]], Awaitable[None]]
"""Told how far operators' decisions were read, to keep it."""

Between = Callable[[int, float], Awaitable[None]]
"""Called after each batch with its records and how long it took in seconds."""


class DecidedLate(Exception):
    """An operator decided about events that this generation has folded already as they are."""

    def __init__(self, places: Sequence[Place]) -> None:
        """The events' places."""
        names = ", ".join(map(str, places[:5]))
        super().__init__(f"operators decided since about {names}, which this generation has folded already")
        self.places = places


class StandsAside(Exception):
    """Raised for an event that emits: it stands aside in the tables that serve, so what it causes was not appended."""


class Round(NamedTuple):
    """What is to be folded now."""

    left: Mapping[Partition, Bounds]

    @property
    def records(self) -> int:
        """How many, by offsets."""
        return sum(end - start for start, end in self.left.values())


class Follower:
    """Fills `following` from the log."""

    def __init__(self, ground: Ground, *, leading: int, following: int, decisions: Mapping[int, int]) -> None:
        """Both are generations. `decisions`: how far topic `operations` was read when `following` was last folded."""
        self.ground, self.leads = ground, leading
        self.leading, self.following = ground.at(leading), ground.at(following)
        self.decisions = decisions
        self._aside: set[Place] = set()
        self._amendments: Amendments = NONE
        self._loaded = False
        projection = _muted(ground.projection, self._aside)
        self._replayer = Replayer([projection], self.following, epochs=ground.epochs, amend=self._amend)

    @property
    def replayed(self) -> Replayed:
        """What was folded by this process."""
        return self._replayer.replayed

    async def look(self, note: Note) -> Round:
        """What is left to fold, as of now. `note` is told how far operators' decisions were read, to keep it.

        Raises DecidedLate, ProjectionRefused where the log ends before what serves has folded, what the stores raise.
        """
        if not self._loaded:
            await self._replayer.starts(self.ground.places)
        # In this order: what lies below `ahead` was emitted, or stands aside by the time that is asked next.
        ahead = await self.ground.marks(self.leading, "reached")
        aside = await self.ground.waiting(self.leading)
        behind = await self.ground.marks(self.following, "reached")
        self._aside.clear()
        self._aside.update(Place(*place, offset) for place, waiting in aside.items() for _, offset in waiting)
        await self._decide(behind, note)
        bounds = await self.ground.log.bounds(self.ground.places)
        self._check_ends(ahead, bounds)
        return Round({place: _between(bounds[place], behind.get(place), end) for place, end in ahead.items()})

    async def check_reached(self) -> None:
        """Whether `following` is where `leading` is. Raises ProjectionRefused, what the stores raise."""
        ahead = await self.ground.marks(self.leading, "reached")
        reached = await self.ground.marks(self.following, "reached")
        short = [place for place, end in ahead.items() if reached.get(place, 0) < end]
        if short:
            raise ProjectionRefused(
                f"the log no longer holds all that {self.ground.projection.name} has folded of {short[0]}: "
                "new tables would lack it"
            )

    async def reach(self, note: Note, between: Between) -> None:
        """Fold until `following` is where `leading` is now, and may have left behind meanwhile.

        `note` and `between` as in `look` and `fold`. Raises DecidedLate, what the stores and `between` raise.
        """
        target = await self.ground.marks(self.leading, "reached")
        while True:
            reached = await self.ground.marks(self.following, "reached")
            if all(reached.get(place, 0) >= end for place, end in target.items()):
                return
            round_ = await self.look(note)
            if not round_.records:
                return
            await self.fold(round_, between)

    async def fold(self, round_: Round, between: Between) -> None:
        """Fold it, or as much of it as ROUND_SECONDS allow. Cancel it at any time.

        `between` is called after each batch with its records and how long it took in seconds; what it raises ends this.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        async for batch in in_batches(in_canonical_order(self.ground.log, round_.left), BATCH):
            at, records = loop.time(), [each.record for each in batch]
            await patiently(lambda records=records: self._replayer.fold(records), "rebuild", lambda _: None)  # type: ignore[misc]
            await between(len(records), loop.time() - at)
            if loop.time() - began > ROUND_SECONDS:
                return

    def _amend(self, projection: str, record: Record) -> Record | None:
        return self._amendments.apply(projection, record)

    def _check_ends(self, ahead: Mapping[Partition, int], bounds: Mapping[Partition, Bounds]) -> None:
        """A log that lost its end would take on other events there, which these marks say are folded and emitted."""
        for place, end in ahead.items():
            if end > bounds[place].end:
                raise ProjectionRefused(
                    f"{self.ground.projection.name} has folded {place} up to {end}, but the log ends at "
                    f"{bounds[place].end}: restore the log, or raise the topic's epoch and rebuild"
                )

    async def _decide(self, behind: Mapping[Partition, int], note: Note) -> None:
        """Take over what operators decided; refuse it where it comes too late for this generation."""
        ends = await operations_ends(self.ground.log)
        if self._loaded and ends == self.decisions:
            return
        name = self.ground.projection.name
        now = await load_amendments(self.ground.log, ends=ends)
        before = (await load_amendments(self.ground.log, ends=self.decisions)).about(name)
        changed = [place for place, decided in now.about(name).items() if before.get(place) != decided]
        late = [place for place in changed if place.offset < behind.get(Partition(place.topic, place.partition), 0)]
        if late:
            await self._check_late(late)
        if ends != self.decisions:
            await note(ends)
        self._amendments, self.decisions, self._loaded = now, ends, True

    async def _check_late(self, late: Sequence[Place]) -> None:
        """What stands aside here has not been folded: it can still be decided about."""
        waiting = await self.ground.waiting(self.following)
        aside = {Place(*place, offset) for place, each in waiting.items() for _, offset in each}
        folded = [place for place in late if place not in aside]
        if folded:
            raise DecidedLate(folded)


def _between(bounds: Bounds, behind: int | None, ahead: int) -> Bounds:
    start = bounds.start if behind is None else max(bounds.start, behind)
    return Bounds(start, max(start, min(ahead, bounds.end)))


def _muted(projection: Projection, aside: set[Place]) -> Projection:
    """The same projection; its handlers refuse to emit for events in `aside`."""

    def wrap(handler: Handler) -> Handler:
        fold = handler.fold
        if fold is None:
            return handler

        def muted(event: Event, meta: Meta, out: Out) -> None:
            stands_aside = Place(meta.topic, meta.partition, meta.offset) in aside
            fold(event, meta, _Unheard(out) if stands_aside else out)

        return handler._replace(fold=muted)

    return Projection(
        projection.name,
        tables=projection.tables,
        handlers={kind: wrap(handler) for kind, handler in projection.handlers.items()},
        tallies=projection.tallies,
        recounts=projection.recounts,
    )


class _Unheard:
    """The `Out` of an event that stands aside in the generation that serves."""

    def __init__(self, out: Out) -> None:
        self._out = out

    def get(self, table: Table[R], *key: object) -> R | None:
        """See `Out.get`."""
        return self._out.get(table, *key)

    def put(self, table: Table[R], row: R, *, expires_at: int | None = None) -> None:
        """See `Out.put`."""
        self._out.put(table, row, expires_at=expires_at)

    def add(self, kind: str, subject: UUID, delta: int) -> None:
        """See `Out.add`."""
        self._out.add(kind, subject, delta)

    def emit(self, event: Event) -> None:
        """Raises StandsAside."""
        raise StandsAside("what it causes was not appended, it is parked in the tables that serve: redrive it")

    def no_second_phase(self) -> None:
        """See `Out.no_second_phase`."""
        self._out.no_second_phase()

    def refuse(self, reason: str) -> None:
        """See `Out.refuse`."""
        self._out.refuse(reason)

"""A replay made ready: its end found, its folder opened, its folds at hand."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from libs.events.operations import TOPIC as OPERATIONS
from libs.log import Bounds, Partition
from libs.projections.amendments import load_amendments
from libs.projections.replaying import Replayer
from qiao.replay.running import Left, left_of, run
from qiao.replay.scratch import End, Note, Scratch, now_ms, open_scratch
from qiao.replay.until import Until, UntilTime, until_of
from qiao.services import SERVICES, projections
from qiao.settings import Settings
from qiao.sources import Source


class Replay(NamedTuple):
    """What `run` takes, and where it goes."""

    source: Source
    until: Until
    scratch: Scratch
    replayer: Replayer

    async def left(self) -> Left:
        """What is still to be folded. Raises LogError, ViewsUnavailable."""
        return await left_of(self.source, self.replayer, self.until)

    async def run(
        self, left: Left, *, speed: float | None = None, count: Callable[[int], object] = lambda _: None
    ) -> int:
        """Fold it and note that it is done; the number of records. Raises what `left` and the folder do."""
        if speed is not None:
            self.scratch.in_pieces()
        records = await run(self.source.log, left, self.replayer, self.until, speed=speed, count=count)
        await self.scratch.done(records)
        return records


@asynccontextmanager
async def open_replay(
    settings: Settings,
    source: Source,
    until: Until,
    into: Path,
    services: Sequence[str] = (),
    *,
    onwards: bool = False,
) -> AsyncIterator[Replay]:
    """Open the folder `into` for these services' tables (all where none is named), or go on in it.

    What was begun goes on up to where it was to end then; `onwards` up to where the source ends now. Raises
    ScratchRefused, LogError, ViewsUnavailable.
    """
    folded = projections(settings, services)
    async with open_scratch(into, _note(settings, source, until, services), folded, onwards=onwards) as scratch:
        source, until = within(source, scratch.note), as_noted(until, scratch.note)
        # The moment is the last one that counts; amendments are those from before one.
        before = None if until.moment is None else until.moment + 1
        amendments = await load_amendments(source.log, before, ends=_decided(scratch.note))
        replayer = Replayer(folded, scratch.views, epochs=source.epochs, amend=amendments.apply)
        yield Replay(source, until, scratch, replayer)


def within(source: Source, note: Note) -> Source:
    """The source as it was when the replay was begun."""
    if not note.ends:
        return source
    ends = {Partition(end.topic, end.number): end.offset for end in note.ends}
    bounds = {
        place: Bounds(start, max(start, min(end, ends.get(place, start))))
        for place, (start, end) in source.bounds.items()
    }
    return source._replace(bounds=bounds)


def as_noted(until: Until, note: Note) -> Until:
    """The moment that the words meant when the replay was begun, not the one that they mean now."""
    if isinstance(until, UntilTime) and note.until_ms is not None:
        return UntilTime(until.text, note.until_ms)
    return until


async def until_noted(note: Note, source: Source) -> Until:
    """Where the replay ends. Raises UntilInvalid, NotInSource, LogUnavailable."""
    return as_noted(await until_of(None if note.until == Until.text else note.until, source), note)


def _decided(note: Note) -> Mapping[int, int] | None:
    """How far topic `operations` counts."""
    return {end.number: end.offset for end in note.ends if end.topic == OPERATIONS} if note.ends else None


def _note(settings: Settings, source: Source, until: Until, services: Sequence[str]) -> Note:
    return Note(
        source=source.name,
        slice=str(source.manifest.id) if source.manifest else None,
        log=source.identity,
        until=until.text,
        until_ms=until.ms if isinstance(until, UntilTime) else None,
        ends=tuple(End(*place, each.end) for place, each in sorted(source.bounds.items())),
        services=tuple(services) or tuple(SERVICES),
        follower_threshold=settings.follower_threshold,
        as_of=as_of(source, until),
    )


def as_of(source: Source, until: Until) -> int:
    """The moment that a replay shows, in milliseconds since 1970 UTC.

    What expires counts from there: a slice gives the same rows next year.
    """
    manifest = source.manifest
    present = (manifest.selection.until or manifest.taken_at) if manifest else now_ms()
    # What is to come is in no log yet.
    return present if until.moment is None else min(until.moment, present)

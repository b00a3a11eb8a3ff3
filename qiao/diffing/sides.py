"""The three comparisons: folder with folder, folder with live, code with code."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from libs.events.operations import TOPIC as OPERATIONS
from libs.http import Waits
from libs.log.slices import Manifest
from libs.projections import ViewProgress
from libs.views import Table
from qiao.diffing.differences import Columns, Compared, Difference, Parting
from qiao.diffing.folders import compare_folders
from qiao.diffing.live import again, compare_live
from qiao.diffing.parting import first_parting, parting_from
from qiao.diffing.witnessing import Watched, Witnessed, read_witnessed, witness
from qiao.diffing.worktree import THIS, Version, version
from qiao.replay.ending import fixed
from qiao.replay.opening import Replay, open_replay, until_noted, within
from qiao.replay.scratch import Note, read_note
from qiao.replay.until import Until
from qiao.services import projections
from qiao.settings import Settings
from qiao.sources import LIVE, Source, epochs_of, identity_of, open_source
from qiao.stores import Stores, open_stores
from qiao.times import from_ms

WATCHED = 20
"""Rows that are followed event by event, to find the one after which the sides part."""

LOOKS = 3
"""How often live is looked at before a difference counts: it may be on its way."""

LIVE_TIMEOUT = 10.0

Say = Callable[[str], object]
"""Told what is being done."""


class NotComparable(Exception):
    """The two sides do not claim to hold the same."""


async def diff_folders(settings: Settings, a: Path, b: Path, say: Say) -> Compared:
    """Two replays. Raises ScratchRefused, NotComparable."""
    mine, theirs = read_note(a), read_note(b)
    if (mine.until, mine.until_ms, mine.services) != (theirs.until, theirs.until_ms, theirs.services):
        raise NotComparable(f"{a} ends with {_end(mine)}, {b} with {_end(theirs)}, or they are of other services")
    if not mine.as_pulled(theirs):
        raise NotComparable(
            f"{a} was folded with QIAO_FOLLOWER_THRESHOLD={mine.follower_threshold}, "
            f"{b} with {theirs.follower_threshold}"
        )
    compared = await asyncio.to_thread(compare_folders, a, b, min(mine.as_of, theirs.as_of))
    if compared.alike or mine.slice is None or mine.slice != theirs.slice:
        return compared
    say("looking for the event after which they part")
    async with open_source(mine.source, settings) as source:
        history = await _history(settings, source, mine, compared)
    return _with_parting(compared, parting_from(history, _ends(compared)))


def _end(note: Note) -> str:
    return note.until if note.until_ms is None else f"{note.until} ({from_ms(note.until_ms).isoformat()})"


async def diff_live(settings: Settings, directory: Path, say: Say) -> Compared:
    """A replay and the live views. Raises ScratchRefused, NotComparable, LogError, ViewsUnavailable."""
    note = read_note(directory)
    if note.until != Until.text:
        raise NotComparable(f"{directory} ends with {_end(note)}, and live does not: replay it without --until")
    async with open_stores(settings, beside=True) as stores:
        compared = await _look(settings, stores, directory, None)
        for _ in range(LOOKS - 1):
            if compared.alike:
                return compared
            say("looking again at what differs")
            compared = await _look(settings, stores, directory, compared)
    if compared.alike:
        return compared
    say("looking for the event after which they part")
    async with open_source(note.source, settings) as source:
        history = await _history(settings, source, read_note(directory), compared)
    return _with_parting(compared, parting_from(history, _ends(compared)))


async def _look(settings: Settings, stores: Stores, directory: Path, before: Compared | None) -> Compared:
    """Go on with the replay, wait for live, and compare: everything at first, then what differed before."""
    async with _opened(settings, directory) as replay:
        await _check_log(stores, replay.source)
        about = await _claimed(stores, replay.source)
        await replay.run(await replay.left())
        await _reached(settings, stores, replay)
        folded = projections(settings, replay.scratch.note.services)
        tables: list[Table[Any]] = [table for each in folded for table in each.tables]
        if before is None:
            return await compare_live(replay.scratch, stores.views, tables, about)
        return await again(replay.scratch, stores.views, {table.name: table for table in tables}, before)


async def diff_code(settings: Settings, source: str, revisions: Sequence[str], until: str | None, say: Say) -> Compared:
    """What two versions of the code make of a slice or log; the second is this one where only one is named.

    All fold up to the same event, however the log goes on. Raises CodeUnavailable, UntilInvalid, NotInSource,
    ScratchRefused, LogError.
    """
    here = _from_anywhere(source)
    with tempfile.TemporaryDirectory(prefix="qiao-diff-") as folder:
        async with AsyncExitStack() as stack:
            named = [await stack.enter_async_context(version(each)) for each in revisions]
            until = await _fixed_end(settings, source, until)
            versions = [*named, THIS][:2]
            a, b = Path(folder) / "a", Path(folder) / "b"
            for each, into in zip(versions, (a, b), strict=True):
                say(f"folding with {each.name}")
                await each.replay(here, into, until)
            as_of = min(read_note(a).as_of, read_note(b).as_of)
            compared = await asyncio.to_thread(compare_folders, a, b, as_of)
            compared = msgspec.structs.replace(compared, a=versions[0].name, b=versions[1].name)
            if compared.alike:
                return compared
            say("looking for the event after which they part")
            parting = await _parted(versions, here, Path(folder), until, _watched(compared))
            return _with_parting(compared, parting)


async def _fixed_end(settings: Settings, source: str, until: str | None) -> str | None:
    async with open_source(source, settings) as opened:
        # What was decided after the end does not count: a decision may be the last that happened.
        folded = {topic for each in projections(settings) for topic in each.topics}
        return await fixed(until, opened, folded | {OPERATIONS})


def _from_anywhere(source: str) -> str:
    return source if source == LIVE or "://" in source else str(Path(source).resolve())


async def _parted(
    versions: Sequence[Version], source: str, folder: Path, until: str | None, watched: Sequence[Watched]
) -> Parting | None:
    sides = [folder / "a-watched", folder / "b-watched"]
    for each, into in zip(versions, sides, strict=True):
        await each.replay(source, into, until, watched)
    a, b = (read_witnessed(each) for each in sides)
    return first_parting(a, b)


async def _history(settings: Settings, source: Source, note: Note, compared: Compared) -> list[Witnessed]:
    """What this code makes of the rows that differ, event by event."""
    source = within(source, note)
    end = await until_noted(note, source)
    with tempfile.TemporaryDirectory(prefix="qiao-diff-") as folder:
        async with open_replay(settings, source, end, Path(folder) / "watched", note.services) as replay:
            await witness(replay, await replay.left(), _watched(compared))
        return read_witnessed(Path(folder) / "watched")


@asynccontextmanager
async def _opened(settings: Settings, directory: Path) -> AsyncIterator[Replay]:
    """The replay in a folder, once more, with what its source has by now."""
    note = read_note(directory)
    async with (
        open_source(note.source, settings) as source,
        open_replay(settings, source, Until(), directory, note.services, onwards=True) as replay,
    ):
        yield replay


async def _check_log(stores: Stores, source: Source) -> None:
    """Raises NotComparable where live is folded from another log, or from topics that were made again since."""
    topics = await stores.log.topics()
    epochs = await epochs_of(topics, stores.vault)
    if source.manifest is None:
        same = source.identity == identity_of(topics, epochs)
    else:
        live = {name: (info.id, epochs[name], info.partitions) for name, info in topics.items()}
        same = all(
            live.get(name) == (one.id, one.epoch, one.partitions) for name, one in source.manifest.topics.items()
        )
    if not same:
        raise NotComparable(
            f"{source.name} is not of the log that live is folded from: it is another platform's, or topics were made "
            "again since"
        )


async def _claimed(stores: Stores, source: Source) -> frozenset[str]:
    """The ids that a slice is complete for; empty for everything. Raises NotComparable where it is for nothing."""
    manifest = source.manifest
    if manifest is None:
        return frozenset()
    if manifest.is_complete_for("everything"):
        await _check_ends(stores, manifest)
        return frozenset()
    found = frozenset(
        claim.name
        for claim in manifest.complete_for
        if claim.kind in ("post", "account") and manifest.is_complete_for(claim.kind, claim.name)
    )
    if not found:
        raise NotComparable(
            f"{source.name} is complete for {_claims(manifest)}: a comparison "
            "with live needs a slice without --from, of everything or of a post or account with --closure"
        )
    await _check_ends(stores, manifest)
    return found


def _claims(manifest: Manifest) -> str:
    since = manifest.selection.since
    named = ", ".join(map(str, manifest.complete_for)) or "nothing"
    return named if since is None else f"{named}, from {from_ms(since).isoformat()} on"


async def _check_ends(stores: Stores, manifest: Manifest) -> None:
    """Whatever came later may have changed the rows: a follow back-fills a home with posts that it does not name."""
    bounds = await stores.log.bounds(part.partition for part in manifest.partitions)
    later = sum(max(0, bounds[part.partition].end - part.end) for part in manifest.partitions)
    if later:
        raise NotComparable(f"live has gone on by {later} events since the slice ends: capture it again, up to now")


async def _reached(settings: Settings, stores: Stores, replay: Replay) -> None:
    """Wait until the live projections are where the replay is. Raises NotComparable where they are not in time."""
    if replay.source.manifest is not None:
        return
    folded = projections(settings, replay.scratch.note.services)
    progress, topics = ViewProgress(stores.views, stores.vault), {each.name: each.topics for each in folded}
    ends = {place: bounds.end - 1 for place, bounds in replay.source.bounds.items() if bounds.end > bounds.start}
    if not await Waits(progress, topics, timeout=LIVE_TIMEOUT).wait([each.name for each in folded], ends):
        raise NotComparable("the live projections are behind the log: compare again when they have caught up")


def _with_parting(compared: Compared, parting: Parting | None) -> Compared:
    return msgspec.structs.replace(compared, parting=parting, followed=len(_watched(compared)))


def _watched(compared: Compared) -> list[Watched]:
    return [_row(each) for each in compared.differences[:WATCHED]]


def _row(each: Difference) -> Watched:
    return Watched(table=each.table, key=each.key)


def _ends(compared: Compared) -> Mapping[str, Columns | None]:
    """What the rows that differ are on the other side, whole."""
    return {
        _row(each).address: None if each.b is None else {**each.key, **each.b}
        for each in compared.differences[:WATCHED]
    }

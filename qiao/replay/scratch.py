"""The folder that a replay folds into: views of its own, and a note of what they were folded from."""

import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from libs.projections import SYSTEM_TABLES, Projection
from libs.views import Table
from libs.views.sqlite import SqliteViews, open_alone

NOTE = "replay.json"
DRAFT = NOTE + ".draft"
VIEWS = "views.db"


class ScratchRefused(Exception):
    """The folder holds something else than a replay, or another one, or its disk is full or fails."""


@contextmanager
def usable(path: Path) -> Iterator[None]:
    """What the file system or SQLite says of a file of a replay, or of its folder, leaves as ScratchRefused."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        told = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ScratchRefused(f"{path}: {told}; once that is mended, run the same again") from error


class End(msgspec.Struct, frozen=True):
    """Where a partition ended when a replay was begun: the first offset that is not part of it."""

    topic: str
    number: int
    offset: int


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder was folded from."""

    source: str
    slice: str | None
    """The slice's id."""
    log: str = ""
    """What tells the log from any other: a topic that was made again is another one."""
    until: str
    """In the words of who asked: `-1h` are the same words later, though another moment."""
    until_ms: int | None = None
    """The moment that these words meant when it was begun, milliseconds since 1970 UTC; None where they name none."""
    ends: tuple[End, ...] = ()
    """Of every partition as it was begun: who goes on with it goes on up to there. Empty in notes of old."""
    services: tuple[str, ...]
    follower_threshold: int | None = None
    """Above which authors were pulled: crossing tables depend on it. None in notes of old."""
    as_of: int
    """The moment by which rows count as expired, and the present of whoever looks: milliseconds since 1970 UTC."""
    pieces: bool = False
    """Whether some of it was folded in other batches than in one go: crossing tables may then differ in rows."""
    state: Literal["running", "done"] = "running"
    events: int = 0
    """Records folded when it was done."""

    def same_as(self, other: "Note") -> bool:
        """Whether going on with it makes sense."""
        mine, theirs = ((n.source, n.slice, n.log, n.until, n.services) for n in (self, other))
        return mine == theirs and self.as_pulled(other)

    def as_pulled(self, other: "Note") -> bool:
        """Whether the same authors were pulled, as far as is known."""
        return None in (known := (self.follower_threshold, other.follower_threshold)) or known[0] == known[1]


class Scratch(NamedTuple):
    """An opened folder."""

    directory: Path
    views: SqliteViews
    note: Note

    def in_pieces(self) -> None:
        """Note that it is folded in other batches from here on. Cheap the second time. Raises ScratchRefused."""
        note = read_note(self.directory)
        if not note.pieces:
            _write(self.directory, msgspec.structs.replace(note, pieces=True))

    async def done(self, events: int) -> Note:
        """Note that everything is folded, so many records more than before, once it is durable.

        Raises ViewsUnavailable, ScratchRefused.
        """
        await self.views.commit()
        note = read_note(self.directory)
        note = msgspec.structs.replace(note, state="done", events=note.events + events)
        _write(self.directory, note)
        return note


def read_note(directory: Path) -> Note:
    """Raises ScratchRefused where no replay is."""
    if not (directory / NOTE).exists():
        raise ScratchRefused(f"{directory}: no replay is there; qiao replay SOURCE --into {directory} makes one")
    try:
        with usable(directory / NOTE):
            return msgspec.json.decode((directory / NOTE).read_bytes(), type=Note)
    except msgspec.DecodeError as error:
        raise ScratchRefused(f"{directory / NOTE} cannot be read: {error}") from error


@asynccontextmanager
async def open_scratch(
    directory: Path, note: Note, projections: Sequence[Projection], *, onwards: bool = False
) -> AsyncIterator[Scratch]:
    """Open the folder, make it where there was none, go on with what an earlier run of the same replay left.

    It keeps the moment and the ends that it was begun with; `onwards` takes those of now instead. Raises
    ScratchRefused, ViewsUnavailable.
    """
    note = _begun(directory, note, onwards)
    views = await open_alone(directory / VIEWS, clock=lambda: note.as_of / 1000)
    try:
        await views.migrate(tables_of(projections))
        yield Scratch(directory, views, note)
    finally:
        await views.close()


def tables_of(projections: Sequence[Projection]) -> list[Table[Any]]:
    """Every table that a replay of these writes."""
    return [*SYSTEM_TABLES, *(table for projection in projections for table in projection.tables)]


def now_ms() -> int:
    """This moment, in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def _begun(directory: Path, note: Note, onwards: bool) -> Note:
    with usable(directory):
        # A draft of the note alone is what a death leaves of the very first step.
        empty = not directory.exists() or all(path.name == DRAFT for path in directory.iterdir())
        directory.mkdir(parents=True, exist_ok=True)
    if empty:
        _write(directory, note)
        return note
    earlier = read_note(directory)
    if not earlier.same_as(note):
        raise ScratchRefused(
            f"{directory} holds a replay of {earlier.source} until {earlier.until}{_otherwise(earlier, note)}: name "
            "another folder with --into, or remove this one"
        )
    if not onwards:
        return earlier
    # The last batch of before ended with the log of then.
    pieces = earlier.pieces or earlier.ends != note.ends
    now = msgspec.structs.replace(earlier, as_of=note.as_of, ends=note.ends, pieces=pieces, state="running")
    _write(directory, now)
    return now


def _otherwise(earlier: Note, note: Note) -> str:
    """What else is not the same, and does not show."""
    again = ", before topics of it were made again" if earlier.log != note.log else ""
    pulled = "" if earlier.as_pulled(note) else f", with QIAO_FOLLOWER_THRESHOLD={earlier.follower_threshold}"
    return again + pulled


def _write(directory: Path, note: Note) -> None:
    with usable(directory / NOTE):
        draft = directory / DRAFT
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(note)))
        draft.replace(directory / NOTE)

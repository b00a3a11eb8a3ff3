"""A tiny service, to try the gateway with: notes in memory, one partition of a log that only counts."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from libs.http import Answer, Auth, Call, Done, Input, Page, Paging, Problem, ProblemKind, Rate, Route, in_body, route
from libs.log import LogUnavailable, Place

NOTE_UNKNOWN = ProblemKind(404, "note-unknown", "There is no such note.", "没有这条笔记。")
TEXT_TAKEN = ProblemKind(409, "text-taken", "Someone wrote that before.", "已经有人写过了。")

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200, description="What to say.")]


class WriteNote(Input, frozen=True):
    """A note to be."""

    text: Text
    mood: Literal["calm", "glad", "sad"] = "calm"


class ById(Input, frozen=True):
    """Which note."""

    id: UUID


class Note(msgspec.Struct, frozen=True):
    """A note."""

    id: UUID
    author: UUID
    text: str
    mood: str


class After(msgspec.Struct, frozen=True):
    """A place in the list."""

    index: int


class Notes:
    """The service. `reached` is what its projection has folded; `away` makes its log unavailable."""

    def __init__(self) -> None:
        """Nothing written, nothing folded."""
        self.notes: dict[UUID, Note] = {}
        self.offset = 0
        self.folded = 0
        self.away = False
        self.hold = asyncio.Event()
        self.held = 0
        self.received: list[datetime] = []

    async def reached(self, projection: str, topic: str, partition: int) -> int:
        """As `Progress` wants it."""
        return self.folded

    async def write(self, call: Call[WriteNote]) -> Answer[Note] | Problem:
        """Write one; the same id again is the same note."""
        if self.away:
            raise LogUnavailable("the log is away")
        self.received.append(call.received)
        note = Note(call.new_id(), call.account, call.body.text, call.body.mood)
        if any(other.text == note.text and other.id != note.id for other in self.notes.values()):
            return TEXT_TAKEN("Write something else.", in_body("/text", "was written before"))
        self.notes[note.id] = note
        return Answer(note, self._append(), {"Location": f"/v1/notes/{note.id}"})

    async def show(self, call: Call[None, ById]) -> Note | Problem:
        """Show one."""
        return self.notes.get(call.path.id) or NOTE_UNKNOWN()

    async def drop(self, call: Call[None, ById]) -> Done | Problem:
        """Drop one."""
        if self.away:
            raise LogUnavailable("the log is away")
        if self.notes.pop(call.path.id, None) is None:
            return NOTE_UNKNOWN()
        return Done(self._append())

    async def look(self, call: Call[None, None, Paging]) -> Page[Note]:
        """Show all, page by page."""
        after = call.cursors.open(call.query.cursor, After)
        begin = after.index if after else 0
        end = begin + call.query.limit
        notes = list(self.notes.values())
        return Page(notes[begin:end], call.cursors.sign(After(end)) if end < len(notes) else None)

    async def whoami(self, call: Call) -> Answer[dict[str, str]]:
        """Say who asks."""
        return Answer({"viewer": str(call.viewer), "request": call.request_id})

    async def secrets(self, call: Call) -> Answer[dict[str, str]]:
        """Say who asks, to admins."""
        return await self.whoami(call)

    async def enter(self, call: Call[WriteNote]) -> Done:
        """As sign-in: strictly limited."""
        return Done()

    async def slow(self, call: Call) -> Done:
        """Answer when `hold` is set."""
        self.held += 1
        await self.hold.wait()
        return Done()

    async def broken(self, call: Call) -> Done:
        """Fail as code with a mistake does."""
        raise ZeroDivisionError("what a person wrote")

    def _append(self) -> list[Place]:
        self.offset += 1
        return [Place("notes", 0, self.offset - 1)]


def routes(notes: Notes) -> Sequence[Route]:
    """Every route of notes that keeps its word."""
    return (
        route(
            "POST",
            "/v1/notes",
            notes.write,
            body=WriteNote,
            returns=Note,
            status=201,
            problems=[TEXT_TAKEN],
            waits_for=["notes"],
            summary="Write a note",
            tag="notes",
        ),
        route(
            "GET",
            "/v1/notes",
            notes.look,
            query=Paging,
            returns=Page[Note],
            auth=Auth.OPTIONAL,
            waits_for=["notes"],
            summary="Every note",
            tag="notes",
        ),
        route(
            "GET",
            "/v1/notes/{id}",
            notes.show,
            path=ById,
            returns=Note,
            auth=Auth.OPTIONAL,
            problems=[NOTE_UNKNOWN],
            waits_for=["notes"],
            summary="One note",
            tag="notes",
        ),
        route(
            "DELETE",
            "/v1/notes/{id}",
            notes.drop,
            path=ById,
            returns=None,
            problems=[NOTE_UNKNOWN],
            summary="Drop a note",
            tag="notes",
        ),
        route("GET", "/v1/whoami", notes.whoami, returns=dict[str, str], auth=Auth.OPTIONAL, summary="Who asks"),
        route(
            "POST",
            "/v1/entries",
            notes.enter,
            body=WriteNote,
            returns=None,
            auth=Auth.NONE,
            rate=Rate.STRICT,
            summary="Come in",
        ),
    )


def trouble(notes: Notes) -> Sequence[Route]:
    """Routes that test the gateway's patience, and one for admins."""
    return (
        route("GET", "/v1/slow", notes.slow, returns=None, auth=Auth.NONE, summary="Answer late"),
        route("GET", "/v1/secrets", notes.secrets, returns=dict[str, str], auth=Auth.ADMIN, summary="For admins"),
        route("GET", "/v1/broken", notes.broken, returns=None, auth=Auth.NONE, summary="Fail"),
    )

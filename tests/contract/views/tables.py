"""Tables of every shape that the port allows."""

from uuid import UUID, uuid4

import msgspec

from libs.views import Table, TableKind, asc, desc


class Draft(msgspec.Struct, frozen=True, tag="draft"):
    """One arm of a union column."""

    note: str | None


class Published(msgspec.Struct, frozen=True, tag="published"):
    """The other arm."""

    at: int
    by: UUID


class Everything(msgspec.Struct, frozen=True):
    """A column of each type."""

    id: UUID
    number: int
    text: str
    blob: bytes
    flag: bool
    people: tuple[UUID, ...]
    words: tuple[str, ...]
    state: Draft | Published
    only: Published


EVERYTHING = Table("test.everything", Everything, partition=["id"])


class Line(msgspec.Struct, frozen=True):
    """One clustering column of each key type and direction."""

    book: UUID
    number: int
    text: str


FORWARD = Table("test.forward", Line, partition=["book"], clustering=[asc("number")])
BACKWARD = Table("test.backward", Line, partition=["book"], clustering=[desc("number")])


class Post(msgspec.Struct, frozen=True):
    """Ordered by uuid."""

    account: UUID
    week: int
    post: UUID
    author: UUID


HOME = Table("test.home", Post, partition=["account", "week"], clustering=[desc("post")], kind=TableKind.CROSSING)


class Cell(msgspec.Struct, frozen=True):
    """Three clustering columns."""

    sheet: str
    kind: str
    row: int
    place: UUID
    value: str


CELLS = Table("test.cells", Cell, partition=["sheet"], clustering=[asc("kind"), desc("row"), desc("place")])
RISING = Table("test.rising", Cell, partition=["sheet"], clustering=[asc("kind"), asc("row"), asc("place")])

TABLES = [EVERYTHING, FORWARD, BACKWARD, HOME, CELLS, RISING]


def line(book: UUID, number: int, text: str = "") -> Line:
    """A row of FORWARD or BACKWARD."""
    return Line(book, number, text or f"line {number}")


def everything(**changes: object) -> Everything:
    """A row of EVERYTHING with some fields changed."""
    row = Everything(uuid4(), 7, "面包", b"\x00\xff", True, (uuid4(), uuid4()), ("a", "猫"), Draft("x"), PUBLISHED)
    return msgspec.structs.replace(row, **changes)


PUBLISHED = Published(1, UUID("0192d3f4-0000-7000-8000-000000000001"))

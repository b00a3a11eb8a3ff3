"""What an audit finds: a row that is not what its events make of it."""

from typing import Any, Literal, NamedTuple

import msgspec

from libs.log import Record
from libs.projections.sorting import header, type_of
from libs.views import Key, Put, Table

Kind = Literal["missing", "wrong", "extra", "count", "unfoldable"]


class EventRef(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the log."""

    place: str
    """Such as posts[3]@17."""
    type: str
    id: str
    at: int
    """The log's time, milliseconds since 1970 UTC."""

    @classmethod
    def of(cls, record: Record) -> "EventRef":
        """Of a record, readable or not."""
        place = str(record.place)
        return cls(place=place, type=type_of(record), id=header(record, "ce_id") or "", at=record.timestamp)


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """One row. Rows are JSON; what people wrote is sealed in them."""

    projection: str
    table: str
    kind: Kind
    """missing, wrong, extra: a row; count: a tally; unfoldable: the handler fails today on what was folded once."""
    topic: str
    partition: int
    key: str
    """Of the events that write the row."""
    row: str
    """The row's primary key, a JSON list."""
    stands: str | None
    should: str | None
    agreed: EventRef | None = None
    """The event up to which they agree: what stands is what it left."""
    parted: EventRef | None = None
    """The event after which they part: what stands lacks what it made of the row."""
    why: str = ""
    through: str = ""
    """The key whose audit came upon it."""

    @property
    def about(self) -> tuple[str, str, str]:
        """The same drift, seen again, is about the same."""
        return (self.projection, self.table, self.row)


class Found(NamedTuple):
    """A drift, and what would mend it."""

    drift: Drift
    cure: Put | None
    """The row as it should be, under the stamp of the event that wrote it last (a tally: one revision above the row
    that was seen); of an extra row, the row itself."""
    latest: int = 0
    """The highest stamp that the events which were folded could have given."""


def row_text(row: msgspec.Struct | None) -> str | None:
    """A row as JSON."""
    return None if row is None else msgspec.json.encode(row).decode()


def key_text(table: Table[Any], key: Key) -> str:
    """A primary key as JSON."""
    return msgspec.json.encode(key).decode()

"""The row codec: column values and back, with one bound on size for every store."""

from uuid import UUID

import msgspec
import pytest

from libs.views import Table, asc
from libs.views.bounds import MAX_ROW_BYTES, RowTooLarge
from libs.views.cassandra.forms import FORMS as CASSANDRA
from libs.views.rows import RowCodec
from libs.views.sqlite.forms import FORMS as SQLITE

ID = UUID("0192d3f4-0000-7000-8000-000000000001")


class Note(msgspec.Struct, frozen=True):
    text: str | None = None


class Keyword(msgspec.Struct, frozen=True, kw_only=True):
    """Fields by name only, two of them with a default."""

    id: UUID
    number: int = 5
    note: Note = msgspec.field(default_factory=Note)
    people: tuple[UUID, ...]


TABLE = Table("test.rows", Keyword, partition=["id"], clustering=[asc("number")])


def test_sqlite_takes_uuids_as_bytes_and_the_rest_as_json() -> None:
    row = Keyword(id=ID, number=1, note=Note("猫"), people=(ID,))
    assert RowCodec(TABLE, SQLITE).encode(row) == [ID.bytes, 1, '{"text":"猫"}', f'["{ID}"]']


def test_cassandra_takes_everything_as_bytes() -> None:
    row = Keyword(id=ID, number=-1, note=Note(), people=(ID,))
    wanted = [ID.bytes, b"\xff" * 8, b'{"text":null}', b"\x00\x00\x00\x01\x00\x00\x00\x10" + ID.bytes]
    assert RowCodec(TABLE, CASSANDRA).encode(row) == wanted


def test_a_row_is_built_from_what_sqlite_gives() -> None:
    codec = RowCodec(TABLE, SQLITE)
    assert codec.decode([(ID.bytes, 1, '{"text":"猫"}', f'["{ID}"]')]) == [
        Keyword(id=ID, number=1, note=Note("猫"), people=(ID,))
    ]


def test_a_row_is_built_from_what_cassandra_gives() -> None:
    codec = RowCodec(TABLE, CASSANDRA)
    assert codec.decode([(ID, 1, "{}", [ID])]) == [Keyword(id=ID, number=1, note=Note(), people=(ID,))]


def test_a_column_that_was_not_there_yet_has_its_default() -> None:
    assert RowCodec(TABLE, SQLITE).decode([(ID.bytes, None, None, "[]")]) == [Keyword(id=ID, people=())]


def test_a_value_of_another_type_than_declared_is_not_passed_on() -> None:
    with pytest.raises(msgspec.ValidationError):
        RowCodec(TABLE, SQLITE).decode([(ID.bytes, "seven", "{}", "[]")])


def test_nothing_is_no_value() -> None:
    with pytest.raises(TypeError, match="number is None: no column is nullable"):
        RowCodec(TABLE, SQLITE).encode(Keyword(id=ID, number=None, people=()))  # type: ignore[arg-type]


@pytest.mark.parametrize("forms", [SQLITE, CASSANDRA], ids=["sqlite", "cassandra"])
@pytest.mark.parametrize("letter", ["x", "猫", "\x01"])
def test_the_bound_on_a_row_is_the_same_in_every_store(forms: dict, letter: str) -> None:  # type: ignore[type-arg]
    codec = RowCodec(TABLE, forms)
    empty = len(msgspec.msgpack.encode(Keyword(id=ID, note=Note(""), people=()))) + 4
    most = (MAX_ROW_BYTES - empty) // len(letter.encode())
    codec.encode(Keyword(id=ID, note=Note(letter * most), people=()))
    with pytest.raises(RowTooLarge):
        codec.encode(Keyword(id=ID, note=Note(letter * (most + 2)), people=()))

"""A table is checked when it is declared, long before a store sees it."""

from uuid import UUID

import msgspec
import pytest

from libs.views import Table, asc, desc


class Row(msgspec.Struct, frozen=True):
    id: UUID
    number: int
    text: str
    flag: bool


class Pair(msgspec.Struct, frozen=True):
    left: int


class Other(msgspec.Struct, frozen=True):
    """Untagged, so no union with Pair can be told apart."""

    right: int


THINGS = Table("test.things", Row, partition=["id"], clustering=[desc("number")])


def _row(kind: object) -> type[msgspec.Struct]:
    return msgspec.defstruct("Odd", [("id", UUID), ("odd", kind)], frozen=True)


def test_a_table_knows_its_key_its_columns_and_its_values() -> None:
    table = Table("test.rows", Row, partition=["id"], clustering=[desc("number")])
    assert table.key == ("id", "number")
    assert table.columns == ("id", "number", "text", "flag")
    assert table.values == ("text", "flag")


def test_the_key_of_a_row_is_in_key_order() -> None:
    table = Table("test.rows", Row, partition=["text"], clustering=[asc("id")])
    assert table.key_of(Row(UUID(int=1), 2, "t", True)) == ("t", UUID(int=1))


@pytest.mark.parametrize("kind", [float, dict[str, int], list[str], str | None, Pair | None, tuple[int, ...], object])
def test_a_type_that_no_column_holds_is_named(kind: object) -> None:
    with pytest.raises(ValueError, match=r"Odd\.odd: no column holds"):
        Table("test.rows", _row(kind), partition=["id"])


def test_a_union_that_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(TypeError, match="tag"):
        Table("test.rows", _row(Pair | Other), partition=["id"])


@pytest.mark.parametrize("name", ["", "Test.rows", "test.", ".rows", "test_x.rows", "a.b.c", "vault.x", "schema.x"])
def test_a_name_that_cassandra_could_not_tell_from_another_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"service\.table"):
        Table(name, Row, partition=["id"])


@pytest.mark.parametrize("partition", [[], ["nothing"], ["id", "id"]])
def test_a_key_needs_fields_of_the_row(partition: list[str]) -> None:
    with pytest.raises(ValueError, match="the key needs fields"):
        Table("test.rows", Row, partition=partition)


def test_a_key_column_is_uuid_int_or_str() -> None:
    with pytest.raises(ValueError, match=r"these are not: \['flag'\]"):
        Table("test.rows", Row, partition=["id"], clustering=[asc("flag")])


def test_a_hidden_name_is_the_stores_own() -> None:
    row = msgspec.defstruct("Hidden", [("id", UUID), ("_stamp", int)], frozen=True)
    with pytest.raises(ValueError, match="bad column names"):
        Table("test.rows", row, partition=["id"])


def test_a_dropped_name_is_not_used_again() -> None:
    with pytest.raises(ValueError, match=r"dropped names used again \['text'\]"):
        Table("test.rows", Row, partition=["id"], dropped=["text"])


def test_a_generation_is_one_clone_under_a_name_of_its_own() -> None:
    clone = THINGS.generation(3)
    assert clone is THINGS.generation(3)
    assert clone.name == f"{THINGS.name}_g3"
    assert (clone.key, clone.columns, clone.row, clone.declared) == (
        THINGS.key,
        THINGS.columns,
        THINGS.row,
        THINGS,
    )
    assert THINGS.generation(0) is THINGS.declared is THINGS


def test_there_is_no_generation_of_a_clone_and_none_below_zero() -> None:
    for table, number in ((THINGS.generation(1), 2), (THINGS, -1)):
        with pytest.raises(ValueError, match="there is no generation"):
            table.generation(number)


def test_no_declared_name_ends_like_that_of_a_clone() -> None:
    with pytest.raises(ValueError, match="those of rebuilds"):
        Table("test.things_g1", THINGS.row, partition=THINGS.partition)

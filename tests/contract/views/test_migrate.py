"""What may become of a table, and what the design forbids."""

import asyncio
from uuid import UUID, uuid4

import msgspec
import pytest

from libs.views import Put, SchemaOutdated, SchemaRefused, Table, TableKind, Views, asc, desc
from tests.contract.views.conftest import OpenViews
from tests.contract.views.tables import TABLES


class First(msgspec.Struct, frozen=True):
    id: UUID
    number: int
    text: str


class Wider(msgspec.Struct, frozen=True):
    id: UUID
    number: int
    text: str
    order: int = 5
    words: tuple[str, ...] = ("none",)


class Narrower(msgspec.Struct, frozen=True):
    id: UUID
    number: int


class Other(msgspec.Struct, frozen=True):
    id: UUID
    number: int
    word: str = "none"


class OtherType(msgspec.Struct, frozen=True):
    id: UUID
    number: int
    text: bytes


class Bare(msgspec.Struct, frozen=True):
    id: UUID
    number: int
    text: str
    bare: int


def _table(row: type[msgspec.Struct], *, dropped: tuple[str, ...] = ()) -> Table[msgspec.Struct]:
    return Table("test.growing", row, partition=["id"], clustering=[asc("number")], dropped=dropped)


FIRST = Table("test.growing", First, partition=["id"], clustering=[asc("number")])
WIDER = Table("test.growing", Wider, partition=["id"], clustering=[asc("number")])

FORBIDDEN = {
    "another partition": Table("test.growing", First, partition=["number"], clustering=[asc("id")]),
    "another order": Table("test.growing", First, partition=["id"], clustering=[asc("text"), asc("number")]),
    "another direction": Table("test.growing", First, partition=["id"], clustering=[desc("number")]),
    "another kind": Table("test.growing", First, partition=["id"], clustering=[asc("number")], kind=TableKind.CROSSING),
    "another type": _table(OtherType),
    "a column gone without a word, and another added": _table(Other),
    "a column gone without a word, and another dropped": _table(Narrower, dropped=("number_of_old",)),
    "a new column without a default": _table(Bare),
}


async def test_migrating_twice_is_migrating_once(empty: Views) -> None:
    await empty.migrate(TABLES)
    await empty.migrate(TABLES)
    await empty.verify(TABLES)


async def test_a_store_is_healthy_once_it_is_migrated(empty: Views) -> None:
    assert not await empty.healthy()
    await empty.migrate([])
    assert await empty.healthy()


async def test_many_migrations_at_once_are_one(open_new: OpenViews) -> None:
    stores = [await open_new() for _ in range(4)]
    await asyncio.gather(*(store.migrate(TABLES) for store in stores))
    for store in stores:
        await store.verify(TABLES)


async def test_a_store_without_a_table_asks_for_qiao_migrate(empty: Views) -> None:
    with pytest.raises(SchemaOutdated, match="run `qiao migrate`"):
        await empty.verify([FIRST])
    await empty.migrate(TABLES)
    with pytest.raises(SchemaOutdated, match=r"test\.growing .*run `qiao migrate`"):
        await empty.verify([FIRST])


async def test_an_added_column_has_its_default_in_rows_from_before(empty: Views, open_new: OpenViews) -> None:
    await empty.migrate([FIRST])
    id_ = uuid4()
    await empty.write([Put(FIRST, First(id_, 1, "old"), 1)])
    with pytest.raises(SchemaOutdated, match="order"):
        await empty.verify([WIDER])
    newer = await open_new()
    await newer.migrate([WIDER])
    await newer.verify([WIDER])
    await newer.write([Put(WIDER, Wider(id_, 2, "new", 6, ()), 1)])
    assert await newer.scan(WIDER, (id_,), limit=5) == [Wider(id_, 1, "old"), Wider(id_, 2, "new", 6, ())]


async def test_processes_of_the_version_before_go_on_beside_the_new_ones(empty: Views, open_new: OpenViews) -> None:
    await empty.migrate([FIRST])
    await (await open_new()).migrate([WIDER])
    await empty.verify([FIRST])
    row = First(uuid4(), 1, "old")
    await empty.write([Put(FIRST, row, 1)])
    assert await empty.get(FIRST, row.id, 1) == row


async def test_an_older_declaration_finds_a_newer_store_says_so_and_changes_nothing(
    empty: Views, open_new: OpenViews
) -> None:
    assert not await empty.migrate([FIRST])
    assert not await empty.migrate([WIDER])
    older, row = await open_new(), Wider(uuid4(), 1, "new", 6, ())
    await empty.write([Put(WIDER, row, 1)])
    assert await older.migrate([FIRST]) == ["test.growing"]
    await older.verify([FIRST])
    await empty.verify([WIDER])
    assert await empty.get(WIDER, row.id, 1) == row


async def test_an_older_declaration_burns_no_name(empty: Views) -> None:
    await empty.migrate([WIDER])
    await empty.migrate([FIRST])
    assert not await empty.migrate([WIDER])
    await empty.verify([WIDER])


async def test_an_older_declaration_that_never_had_what_was_dropped_finds_a_newer_store_too(empty: Views) -> None:
    await empty.migrate([_table(Wider)])
    await empty.migrate([_table(First, dropped=("order", "words"))])
    assert await empty.migrate([FIRST]) == ["test.growing"]
    with pytest.raises(SchemaRefused, match="never used again"):
        await empty.migrate([WIDER])


@pytest.mark.parametrize("table", FORBIDDEN.values(), ids=FORBIDDEN.keys())
async def test_what_would_break_stored_rows_is_refused(empty: Views, table: Table[msgspec.Struct]) -> None:
    await empty.migrate([FIRST])
    with pytest.raises(SchemaRefused, match=r"test\.growing"):
        await empty.migrate([table])
    await empty.verify([FIRST])


async def test_a_dropped_name_is_never_used_again(empty: Views) -> None:
    await empty.migrate([FIRST])
    await empty.migrate([_table(Narrower, dropped=("text",))])
    with pytest.raises(SchemaRefused, match="never used again"):
        await empty.migrate([FIRST])
    with pytest.raises(SchemaRefused, match="never used again"):
        await empty.migrate([_table(OtherType)])


async def test_a_table_without_its_dropped_column_is_read_and_written(empty: Views, open_new: OpenViews) -> None:
    await empty.migrate([FIRST])
    id_ = uuid4()
    await empty.write([Put(FIRST, First(id_, 1, "old"), 1)])
    newer, table = await open_new(), _table(Narrower, dropped=("text",))
    await newer.migrate([table])
    await newer.write([Put(table, Narrower(id_, 2), 2)])
    assert await newer.scan(table, (id_,), limit=5) == [Narrower(id_, 1), Narrower(id_, 2)]


async def test_words_of_the_query_language_are_names_like_others(empty: Views) -> None:
    class Words(msgspec.Struct, frozen=True):
        select: UUID
        limit: int
        token: str
        group: int

    table = Table("test.order", Words, partition=["select"], clustering=[desc("limit")])
    await empty.migrate([table])
    row = Words(uuid4(), 1, "t", 2)
    await empty.write([Put(table, row, 1)])
    assert await empty.scan(table, (row.select,), after=(2,), limit=1) == [row]

"""A row comes back as it was put, whatever is in it."""

from uuid import UUID, uuid4

import msgspec
import pytest

from libs.views import Put, RowRefused, Views
from libs.views.bounds import MAX_KEY_BYTES
from tests.contract.views.tables import CELLS, EVERYTHING, PUBLISHED, Cell, Draft, Everything, everything

ROWS = {
    "plain": everything(),
    "empty": everything(text="", blob=b"", people=(), words=(), flag=False, number=0),
    "unicode": everything(text="🐈‍⬛ 猫税 é é \u202e\x00 '\"; DROP TABLE", words=("", "，", "\n")),
    "smallest number": everything(number=-(2**63)),
    "largest number": everything(number=2**63 - 1),
    "all bytes": everything(blob=bytes(range(256))),
    "other arm of a union": everything(state=PUBLISHED),
    "missing value in a struct": everything(state=Draft(None)),
    "many in a tuple": everything(people=tuple(UUID(int=n) for n in range(1000)), words=("猫",) * 1000),
    "large": everything(text="大" * 200_000, blob=b"\x01" * 300_000),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
async def test_a_row_comes_back_as_it_was_put(views: Views, row: Everything) -> None:
    await views.write([Put(EVERYTHING, row, 1)])
    assert await views.get(EVERYTHING, row.id) == row


async def test_a_row_comes_back_with_the_types_it_was_put_with(views: Views) -> None:
    row = everything()
    await views.write([Put(EVERYTHING, row, 1)])
    found = await views.get(EVERYTHING, row.id)
    assert found is not None
    for name in row.__struct_fields__:
        assert type(getattr(found, name)) is type(getattr(row, name))


async def test_a_row_that_was_never_put_is_none(views: Views) -> None:
    assert await views.get(EVERYTHING, uuid4()) is None


async def test_every_part_of_the_key_tells_rows_apart(views: Views) -> None:
    sheet, place, other = uuid4().hex, uuid4(), uuid4()
    cells = [
        Cell(sheet, "k", 1, place, "a"),
        Cell(sheet + "t", "k", 1, place, "b"),
        Cell(sheet, "l", 1, place, "c"),
        Cell(sheet, "k", 2, place, "d"),
        Cell(sheet, "k", 1, other, "e"),
        Cell(sheet, "", 0, place, "f"),
    ]
    await views.write([Put(CELLS, cell, 1) for cell in cells])
    for cell in cells:
        assert await views.get(CELLS, cell.sheet, cell.kind, cell.row, cell.place) == cell


async def test_a_key_of_the_wrong_length_is_told_at_once(views: Views) -> None:
    with pytest.raises(ValueError, match=r"test\.cells has the key"):
        await views.get(CELLS, "s", "k")


async def test_a_partition_without_a_name_holds_nothing(views: Views) -> None:
    nameless, named = Cell("", "k", 1, uuid4(), ""), Cell(uuid4().hex, "k", 1, uuid4(), "")
    with pytest.raises(RowRefused, match="sheet is empty"):
        await views.write([Put(CELLS, nameless, 1), Put(CELLS, named, 1)])
    assert await views.get_many(CELLS, [CELLS.key_of(nameless), CELLS.key_of(named)]) == [None, named]
    assert await views.get(CELLS, *CELLS.key_of(nameless)) is None
    assert await views.scan(CELLS, ("",), limit=5) == []
    assert await views.scan_many(CELLS, [("",), (named.sheet,)], limit=5) == [[], [named]]


@pytest.mark.parametrize("column", ["sheet", "kind"])
async def test_a_text_in_a_key_is_bounded(views: Views, column: str) -> None:
    cell = Cell(uuid4().hex, "k", 1, uuid4(), "")
    longest = msgspec.structs.replace(cell, **{column: uuid4().hex + "x" * (MAX_KEY_BYTES - 32)})
    await views.write([Put(CELLS, longest, 1)])
    assert await views.get(CELLS, *CELLS.key_of(longest)) == longest
    with pytest.raises(RowRefused, match="at most 4096"):
        await views.write([Put(CELLS, msgspec.structs.replace(cell, **{column: "猫" * 1366}), 1)])

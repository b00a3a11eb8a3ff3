"""Reads of many keys and many partitions answer in the order they were asked."""

from uuid import UUID, uuid4

import pytest

from libs.views import Put, Views
from tests.contract.views.tables import BACKWARD, CELLS, EVERYTHING, HOME, Cell, Post, everything, line

PLACE = UUID("0192d3f4-0000-7000-8000-000000000001")


async def test_many_rows_come_in_the_order_of_their_keys_with_none_for_the_missing(views: Views) -> None:
    rows = [everything(number=n) for n in range(120)]
    await views.write([Put(EVERYTHING, row, 1) for row in rows])
    wanted = [row for pair in zip(reversed(rows), [None] * 120, strict=True) for row in pair]
    keys = [(row.id if row else uuid4(),) for row in wanted]
    assert await views.get_many(EVERYTHING, keys) == wanted


async def test_many_rows_of_one_partition(views: Views) -> None:
    book = uuid4()
    await views.write([Put(BACKWARD, line(book, n), 1) for n in range(10)])
    found = await views.get_many(BACKWARD, [(book, n) for n in (3, 99, 0, 9)])
    assert found == [line(book, 3), None, line(book, 0), line(book, 9)]


async def test_many_rows_of_many_partitions_with_one_clustering_key(views: Views) -> None:
    books = [uuid4() for _ in range(70)]
    await views.write([Put(BACKWARD, line(book, n), 1) for book in books[::2] for n in (1, 2)])
    found = await views.get_many(BACKWARD, [(book, 2) for book in books])
    assert found == [line(book, 2) if n % 2 == 0 else None for n, book in enumerate(books)]


async def test_many_rows_of_mixed_keys(views: Views) -> None:
    accounts = [uuid4() for _ in range(4)]
    rows = [Post(account, week, uuid4(), account) for account in accounts for week in (1, 2)]
    await views.write([Put(HOME, row, 1) for row in rows])
    keys = [HOME.key_of(row) for row in rows]
    assert await views.get_many(HOME, keys) == rows


async def test_many_cells_of_one_sheet(views: Views) -> None:
    sheet = uuid4().hex
    cells = [Cell(sheet, kind, row, PLACE, "") for kind in "ab" for row in (1, 2)]
    await views.write([Put(CELLS, cell, 1) for cell in cells])
    keys = [(sheet, "b", 2, PLACE), (sheet, "a", 1, PLACE), (sheet, "c", 1, PLACE)]
    assert await views.get_many(CELLS, keys) == [cells[3], cells[0], None]


async def test_a_key_asked_twice_is_answered_twice(views: Views) -> None:
    row = everything()
    await views.write([Put(EVERYTHING, row, 1)])
    assert await views.get_many(EVERYTHING, [(row.id,), (row.id,)]) == [row, row]


async def test_nothing_asked_is_nothing_found(views: Views) -> None:
    assert await views.get_many(EVERYTHING, []) == []
    assert await views.scan_many(BACKWARD, [], limit=3) == []


async def test_the_first_rows_of_many_partitions_come_in_the_order_asked(views: Views) -> None:
    books = [uuid4() for _ in range(130)]
    await views.write([Put(BACKWARD, line(book, n), 1) for place, book in enumerate(books) for n in range(place % 5)])
    found = await views.scan_many(BACKWARD, [(book,) for book in reversed(books)], limit=3)
    numbers = [[3, 2, 1], [2, 1, 0], [1, 0], [0], []]
    assert [[row.number for row in rows] for rows in found] == [
        numbers[(4 - place % 5)] for place in range(129, -1, -1)
    ]


async def test_the_first_rows_of_one_prefix_in_many_partitions(views: Views) -> None:
    sheets = {name: f"{name}-{uuid4()}" for name in "xyz"}
    cells = [Cell(sheet, kind, row, PLACE, "") for sheet in sheets.values() for kind in "ab" for row in range(4)]
    await views.write([Put(CELLS, cell, 1) for cell in cells])
    found = await views.scan_many(CELLS, [(sheets["z"],), ("nowhere",), (sheets["x"],)], prefix=("b",), limit=2)
    assert [[(row.sheet[0], row.kind, row.row) for row in rows] for rows in found] == [
        [("z", "b", 3), ("z", "b", 2)],
        [],
        [("x", "b", 3), ("x", "b", 2)],
    ]


async def test_many_partitions_of_two_columns(views: Views) -> None:
    accounts = [uuid4() for _ in range(3)]
    rows = [
        Post(account, week, UUID(int=week << 8 | n), account) for account in accounts for week in (1, 2) for n in (1, 2)
    ]
    await views.write([Put(HOME, row, 1) for row in rows])
    found = await views.scan_many(HOME, [(account, 2) for account in accounts], limit=1)
    assert found == [[Post(account, 2, UUID(int=2 << 8 | 2), account)] for account in accounts]


async def test_a_partition_asked_twice_is_answered_twice(views: Views) -> None:
    book = uuid4()
    await views.write([Put(BACKWARD, line(book, 1), 1)])
    assert await views.scan_many(BACKWARD, [(book,), (book,)], limit=3) == [[line(book, 1)]] * 2


async def test_more_than_a_thousand_keys_are_refused(views: Views) -> None:
    with pytest.raises(ValueError, match="at most 1000"):
        await views.get_many(EVERYTHING, [(uuid4(),)] * 1001)
    with pytest.raises(ValueError, match="at most 1000"):
        await views.scan_many(BACKWARD, [(uuid4(),)] * 1001, limit=1)

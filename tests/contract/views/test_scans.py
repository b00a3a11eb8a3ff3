"""A scan reads one partition in clustering order, from a cursor, bounded."""

from itertools import chain, product
from uuid import UUID, uuid4

import pytest

from libs.views import Put, Table, Views, scan_all
from tests.contract.views.tables import BACKWARD, CELLS, FORWARD, HOME, RISING, Cell, Line, Post, line

PLACES = [UUID(int=n << 64 | 7 << 76) for n in range(1, 4)]


async def _fill_lines(views: Views, table: Table[Line], count: int) -> UUID:
    book = uuid4()
    await views.write([Put(table, line(book, n), 1) for n in range(count)])
    await views.write([Put(table, line(uuid4(), n), 1) for n in range(count)])
    return book


@pytest.fixture
def sheet() -> str:
    """A partition of this test alone."""
    return uuid4().hex


async def _fill_cells(views: Views, table: Table[Cell], sheet: str) -> list[Cell]:
    cells = [Cell(sheet, kind, row, place, "") for kind, row, place in product("abc", range(3), PLACES)]
    others = [Cell(sheet + "-", "b", 1, PLACES[0], "of another sheet")]
    await views.write([Put(table, cell, 1) for cell in cells + others])
    return cells


def _in_cells_order(cells: list[Cell]) -> list[Cell]:
    return sorted(cells, key=lambda cell: (cell.kind, -cell.row, -cell.place.int))


def _in_rising_order(cells: list[Cell]) -> list[Cell]:
    return sorted(cells, key=lambda cell: (cell.kind, cell.row, cell.place.int))


async def test_rows_come_smallest_first_where_the_column_ascends(views: Views) -> None:
    book = await _fill_lines(views, FORWARD, 12)
    assert [row.number for row in await views.scan(FORWARD, (book,), limit=5)] == [0, 1, 2, 3, 4]


async def test_rows_come_largest_first_where_the_column_descends(views: Views) -> None:
    book = await _fill_lines(views, BACKWARD, 12)
    assert [row.number for row in await views.scan(BACKWARD, (book,), limit=5)] == [11, 10, 9, 8, 7]


async def test_negative_numbers_stand_before_positive_ones(views: Views) -> None:
    book, numbers = uuid4(), [-(2**63), -256, -1, 0, 1, 255, 256, 2**63 - 1]
    await views.write([Put(FORWARD, line(book, n), 1) for n in reversed(numbers)])
    assert [row.number for row in await views.scan(FORWARD, (book,), limit=10)] == numbers


async def test_text_is_ordered_by_its_utf8_bytes(views: Views, sheet: str) -> None:
    kinds = ["", "A", "a", "aa", "é", "猫", "\uffff", "🐈"]
    await views.write([Put(RISING, Cell(sheet, kind, 0, PLACES[0], ""), 1) for kind in reversed(kinds)])
    assert [row.kind for row in await views.scan(RISING, (sheet,), limit=10)] == kinds


async def test_version_7_uuids_are_ordered_by_time(views: Views) -> None:
    account = uuid4()
    posts = [UUID(f"0192d3f4-{n:04x}-7{n % 4096:03x}-8000-{n * 7919 % 65536:012x}") for n in range(0, 60000, 1111)]
    await views.write([Put(HOME, Post(account, 1, post, account), 1) for post in posts])
    found = await views.scan(HOME, (account, 1), limit=100)
    assert [row.post for row in found] == sorted(posts, reverse=True)


async def test_an_empty_partition_yields_nothing(views: Views) -> None:
    assert await views.scan(FORWARD, (uuid4(),), limit=5) == []


async def test_a_scan_stays_within_its_partition(views: Views, sheet: str) -> None:
    cells = await _fill_cells(views, CELLS, sheet)
    assert await views.scan(CELLS, (sheet,), limit=100) == _in_cells_order(cells)


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
async def test_a_prefix_fixes_the_first_clustering_columns(views: Views, sheet: str, depth: int) -> None:
    cells = _in_cells_order(await _fill_cells(views, CELLS, sheet))
    prefix = ("b", 1, PLACES[1])[:depth]
    wanted = [cell for cell in cells if (cell.kind, cell.row, cell.place)[:depth] == prefix]
    assert await views.scan(CELLS, (sheet,), prefix=prefix, limit=100) == wanted


@pytest.mark.parametrize("depth", [1, 2, 3])
async def test_a_cursor_continues_behind_a_row_at_every_depth(views: Views, sheet: str, depth: int) -> None:
    cells = _in_rising_order(await _fill_cells(views, RISING, sheet))
    for cell in cells:
        after = (cell.kind, cell.row, cell.place)[:depth]
        wanted = [other for other in cells if (other.kind, other.row, other.place.int)[:depth] > _ints(after)]
        assert await views.scan(RISING, (sheet,), after=after, limit=100) == wanted


@pytest.mark.parametrize("depth", [1, 2])
async def test_a_cursor_continues_behind_a_row_within_a_prefix_going_down(views: Views, sheet: str, depth: int) -> None:
    cells = [cell for cell in _in_cells_order(await _fill_cells(views, CELLS, sheet)) if cell.kind == "b"]
    for cell in cells:
        after = (cell.row, cell.place)[:depth]
        wanted = [other for other in cells if (other.row, other.place.int)[:depth] < _ints(after)]
        assert await views.scan(CELLS, (sheet,), prefix=("b",), after=after, limit=100) == wanted


async def test_a_cursor_need_not_be_the_key_of_a_row(views: Views) -> None:
    book = await _fill_lines(views, BACKWARD, 4)
    assert [row.number for row in await views.scan(BACKWARD, (book,), after=(100,), limit=2)] == [3, 2]


async def test_pages_joined_are_the_whole_partition(views: Views) -> None:
    book = await _fill_lines(views, BACKWARD, 23)
    pages, after = [], ()
    while page := await views.scan(BACKWARD, (book,), after=after, limit=5):
        pages.append([row.number for row in page])
        after = (page[-1].number,)
    assert [len(page) for page in pages] == [5, 5, 5, 5, 3]
    assert list(chain.from_iterable(pages)) == list(range(22, -1, -1))


async def test_a_partition_of_thousands_is_read_whole(views: Views) -> None:
    book = uuid4()
    await views.write([Put(FORWARD, line(book, n), 1) for n in range(6_000)])
    assert [row.number for row in await views.scan(FORWARD, (book,), limit=5_500)] == list(range(5_500))


async def test_a_cursor_across_columns_of_both_directions_is_refused(views: Views, sheet: str) -> None:
    with pytest.raises(ValueError, match="share one direction"):
        await views.scan(CELLS, (sheet,), after=("b", 1), limit=5)


async def test_more_values_than_clustering_columns_are_refused(views: Views) -> None:
    with pytest.raises(ValueError, match="clustering columns"):
        await views.scan(FORWARD, (uuid4(),), prefix=(1,), after=(2,), limit=5)


async def test_a_partition_of_the_wrong_length_is_refused(views: Views) -> None:
    with pytest.raises(ValueError, match="has the partition"):
        await views.scan(HOME, (uuid4(),), limit=5)


async def test_a_limit_below_one_is_refused(views: Views) -> None:
    with pytest.raises(ValueError, match="limit"):
        await views.scan(FORWARD, (uuid4(),), limit=0)


def _ints(key: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(value.int if isinstance(value, UUID) else value for value in key)


@pytest.mark.parametrize("page", [1, 2, 9, 18, 1_000])
async def test_a_whole_partition_is_read_whatever_fits_into_one_read(views: Views, sheet: str, page: int) -> None:
    cells = _in_rising_order(await _fill_cells(views, RISING, sheet))
    assert [cell async for cell in scan_all(views, RISING, (sheet,), page=page)] == cells
    of_b = [cell async for cell in scan_all(views, RISING, (sheet,), prefix=("b",), page=page)]
    assert of_b == [cell for cell in cells if cell.kind == "b"]
    assert [cell async for cell in scan_all(views, RISING, ("nothing",), page=page)] == []


@pytest.mark.parametrize("page", [1, 2, 3, 9, 18, 27, 1_000])
async def test_a_whole_partition_is_read_where_the_columns_have_different_directions(
    views: Views, sheet: str, page: int
) -> None:
    cells = _in_cells_order(await _fill_cells(views, CELLS, sheet))
    assert [cell async for cell in scan_all(views, CELLS, (sheet,), page=page)] == cells
    of_b = [cell async for cell in scan_all(views, CELLS, (sheet,), prefix=("b",), page=page)]
    assert of_b == [cell for cell in cells if cell.kind == "b"]

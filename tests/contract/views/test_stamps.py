"""Last writer wins by the log, not by a clock and not by who comes last."""

from itertools import permutations
from uuid import uuid4

import pytest

from libs.views import Put, Views, stamp
from tests.contract.views.tables import FORWARD, line

RISING_STAMPS = {
    "offset": (stamp(0, 5), stamp(0, 6), stamp(0, 7)),
    "epoch beats offset": (stamp(0, 2**40 - 1), stamp(1, 0), stamp(2, 0)),
    "revision beats what it repairs": (stamp(1, 8), stamp(1, 8, revision=1), stamp(1, 9)),
    "bounds": (stamp(0, 0), stamp(0, 1), stamp(2**15 - 1, 2**40 - 1, revision=255)),
}


@pytest.mark.parametrize("stamps", RISING_STAMPS.values(), ids=RISING_STAMPS.keys())
async def test_the_highest_stamp_stands_whatever_came_first(views: Views, stamps: tuple[int, int, int]) -> None:
    for order in permutations(range(3)):
        book = uuid4()
        for n in order:
            await views.write([Put(FORWARD, line(book, 1, f"text {n}"), stamps[n])])
        assert await views.get(FORWARD, book, 1) == line(book, 1, "text 2")


async def test_the_highest_stamp_stands_within_one_stage(views: Views) -> None:
    for order in permutations(range(3)):
        book = uuid4()
        await views.write([Put(FORWARD, line(book, 1, f"text {n}"), n + 1) for n in order])
        assert await views.get(FORWARD, book, 1) == line(book, 1, "text 2")


async def test_a_put_repeated_with_its_stamp_changes_nothing(views: Views) -> None:
    book = uuid4()
    for _ in range(2):
        await views.write([Put(FORWARD, line(book, 1), 9)])
    assert await views.scan(FORWARD, (book,), limit=10) == [line(book, 1)]


async def test_a_newer_row_replaces_every_column_of_an_older_one(views: Views) -> None:
    book = uuid4()
    await views.write([Put(FORWARD, line(book, 1, "long text"), 1)])
    await views.write([Put(FORWARD, line(book, 1, " "), 2)])
    assert await views.get(FORWARD, book, 1) == line(book, 1, " ")

"""Tables of a generation beside the declared ones: clones that are filled on their own, and dropped on their own."""

import asyncio
from uuid import uuid4

import pytest

from libs.views import Put, SchemaOutdated, Views
from tests.contract.views.conftest import OpenViews
from tests.contract.views.tables import BACKWARD, EVERYTHING, FORWARD, everything, line

CLONES = [FORWARD.generation(1), EVERYTHING.generation(1)]
DECLARED = [FORWARD, EVERYTHING]


async def test_a_generation_holds_rows_of_its_own_under_the_same_keys(empty: Views) -> None:
    await empty.migrate([*DECLARED, *CLONES])
    book = uuid4()
    await empty.write([Put(FORWARD, line(book, 1, "old"), 9), Put(FORWARD.generation(1), line(book, 1, "new"), 3)])
    assert await empty.get(FORWARD, book, 1) == line(book, 1, "old")
    assert await empty.scan(FORWARD.generation(1), (book,), limit=5) == [line(book, 1, "new")]


async def test_a_generation_that_is_not_made_is_missed(empty: Views) -> None:
    await empty.migrate(DECLARED)
    with pytest.raises(SchemaOutdated, match="forward_g1"):
        await empty.verify(CLONES)


async def test_dropping_removes_the_generation_and_nothing_else(empty: Views) -> None:
    await empty.migrate([*DECLARED, *CLONES, BACKWARD.generation(2)])
    row = everything()
    await empty.write([Put(EVERYTHING, row, 1), Put(EVERYTHING.generation(1), row, 1)])
    await empty.drop(CLONES)
    assert await empty.get(EVERYTHING, row.id) == row
    await empty.verify([*DECLARED, BACKWARD.generation(2)])
    with pytest.raises(SchemaOutdated):
        await empty.verify(CLONES)


async def test_using_what_another_process_dropped_asks_for_qiao_migrate(empty: Views, open_new: OpenViews) -> None:
    await empty.migrate([*DECLARED, *CLONES])
    id_ = everything().id
    await empty.get(CLONES[1], id_)
    await empty.write([Put(CLONES[1], everything(), 1), Put(CLONES[1], everything(), 1)])
    await (await open_new()).drop(CLONES)
    with pytest.raises(SchemaOutdated):
        await empty.get(CLONES[1], id_)
    with pytest.raises(SchemaOutdated):
        await empty.write([Put(CLONES[1], everything(), 1), Put(CLONES[1], everything(), 1)])


async def test_a_declared_table_is_never_dropped(empty: Views) -> None:
    await empty.migrate([*DECLARED, *CLONES])
    with pytest.raises(ValueError, match=r"never declared ones such as test\.forward"):
        await empty.drop([*CLONES, FORWARD])
    await empty.verify([*DECLARED, *CLONES])


async def test_dropping_twice_and_twice_at_once_is_dropping_once(empty: Views, open_new: OpenViews) -> None:
    await empty.migrate([*DECLARED, *CLONES])
    await asyncio.gather(empty.drop(CLONES), (await open_new()).drop(CLONES))
    await empty.drop(CLONES)
    await empty.verify(DECLARED)


async def test_what_was_dropped_can_be_made_again_and_is_empty(empty: Views) -> None:
    await empty.migrate(CLONES)
    book = uuid4()
    await empty.write([Put(CLONES[0], line(book, 1), 5)])
    await empty.drop(CLONES)
    await empty.migrate(CLONES)
    assert await empty.scan(CLONES[0], (book,), limit=5) == []

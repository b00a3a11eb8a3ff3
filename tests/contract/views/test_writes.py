"""Stages, rows that the store refuses, and stores that are closed."""

import asyncio
from uuid import uuid4

import msgspec
import pytest

from libs.views import Put, RowRefused, Views, ViewsUnavailable
from libs.views.bounds import MAX_ROW_BYTES
from tests.contract.views.conftest import OpenViews
from tests.contract.views.tables import EVERYTHING, FORWARD, Everything, everything, line

BAD_ROWS = {
    "too large": everything(text="x" * MAX_ROW_BYTES),
    "too large in bytes, not in letters": everything(text="猫" * (MAX_ROW_BYTES // 3)),
    "no uuid": everything(people=("no uuid",), id="no uuid"),
    "no number": everything(number="seven"),
    "number beyond 64 bits": everything(number=2**63),
    "half a surrogate pair": everything(text="\ud83d"),
    "text for bytes": everything(blob="text"),
    "nothing for text": everything(text=None),
}


async def test_no_stages_and_empty_stages_are_written(views: Views) -> None:
    await views.write()
    await views.write([], [])


async def test_every_stage_is_written(views: Views) -> None:
    book = uuid4()
    await views.write([Put(FORWARD, line(book, 1), 1)], [], [Put(FORWARD, line(book, 2), 1)])
    assert len(await views.scan(FORWARD, (book,), limit=5)) == 2


async def test_a_later_stage_is_seen_only_with_every_earlier_one(views: Views) -> None:
    book = uuid4()
    numbers = range(600)
    writing = asyncio.create_task(
        views.write(*([Put(FORWARD, line(book, n), 1) for n in numbers if n // 200 == stage] for stage in range(3)))
    )
    done = False
    while not done:
        done = writing.done()
        seen = [row.number for row in await views.scan(FORWARD, (book,), limit=1000)]
        last = max(seen, default=0) // 200
        assert set(seen) >= set(range(last * 200))
    await writing


@pytest.mark.parametrize("bad", BAD_ROWS.values(), ids=BAD_ROWS.keys())
async def test_a_bad_row_is_named_and_the_rest_of_its_stage_is_written(views: Views, bad: Everything) -> None:
    good = [everything(number=n) for n in range(250)]
    before, after = everything(), everything()
    puts = [Put(EVERYTHING, row, 1) for row in good]
    puts.insert(101, Put(EVERYTHING, bad, 1))
    with pytest.raises(RowRefused, match=r"test\.everything") as refused:
        await views.write([Put(EVERYTHING, before, 1)], puts, [Put(EVERYTHING, after, 1)])
    assert refused.value.put is puts[101]
    assert await views.get_many(EVERYTHING, [(row.id,) for row in good]) == good
    assert await views.get(EVERYTHING, before.id) == before
    assert await views.get(EVERYTHING, after.id) is None


async def test_a_row_just_within_the_bound_is_written(views: Views) -> None:
    row = everything(text="", blob=b"")
    room = MAX_ROW_BYTES - len(msgspec.msgpack.encode(row)) - 8
    row = msgspec.structs.replace(row, blob=b"\x01" * room)
    await views.write([Put(EVERYTHING, row, 1)])
    assert await views.get(EVERYTHING, row.id) == row


async def test_a_stage_of_large_rows_is_written(views: Views) -> None:
    rows = [everything(blob=bytes([n]) * 200_000) for n in range(12)]
    await views.write([Put(EVERYTHING, row, 1) for row in rows])
    assert await views.get_many(EVERYTHING, [(row.id,) for row in rows]) == rows


async def test_concurrent_writes_are_all_written(views: Views) -> None:
    book = uuid4()
    await asyncio.gather(
        *(views.write([Put(FORWARD, line(book, n * 10 + m), 1) for m in range(10)]) for n in range(40))
    )
    assert [row.number for row in await views.scan(FORWARD, (book,), limit=500)] == list(range(400))


async def test_a_cancelled_write_leaves_the_store_usable(views: Views) -> None:
    book = uuid4()
    writing = asyncio.create_task(views.write([Put(FORWARD, line(book, n), 1) for n in range(3_000)]))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await views.write([Put(FORWARD, line(book, 5_000), 1)])
    assert await views.get(FORWARD, book, 5_000) is not None


async def test_what_one_process_wrote_another_reads(views: Views, open_again: OpenViews) -> None:
    other = await open_again()
    book = uuid4()
    await views.write([Put(FORWARD, line(book, 1), 1)])
    assert await other.get(FORWARD, book, 1) == line(book, 1)
    await other.write([Put(FORWARD, line(book, 2), 1)])
    assert await views.get(FORWARD, book, 2) == line(book, 2)


async def test_a_closed_store_is_unavailable_and_unhealthy(views: Views) -> None:
    assert await views.healthy()
    await views.close()
    await views.close()
    assert not await views.healthy()
    with pytest.raises(ViewsUnavailable):
        await views.get(FORWARD, uuid4(), 1)
    with pytest.raises(ViewsUnavailable):
        await views.write([Put(FORWARD, line(uuid4(), 1), 1)])

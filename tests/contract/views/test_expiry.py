"""Time to live only cleans: a row may vanish from a week after its `expires_at`, never before."""

import time
from uuid import uuid4

import pytest

from libs.views import Put, Views
from libs.views.port import EXPIRY_MARGIN
from tests.contract.views.conftest import Clock
from tests.contract.views.tables import FORWARD, line
from tests.waiting import eventually


def _now() -> int:
    return int(time.time())


async def test_a_row_is_there_until_it_expires_and_through_the_margin(views: Views) -> None:
    book = uuid4()
    expiries = [_now() + 3600, _now() - 1, _now() - EXPIRY_MARGIN + 3600]
    await views.write([Put(FORWARD, line(book, n), 1, expires_at) for n, expires_at in enumerate(expiries)])
    await views.write([Put(FORWARD, line(book, 9), 1)])
    assert [row.number for row in await views.scan(FORWARD, (book,), limit=10)] == [0, 1, 2, 9]


async def test_a_row_already_past_its_margin_is_not_written(views: Views) -> None:
    book = uuid4()
    await views.write([Put(FORWARD, line(book, 1), 1, _now() - EXPIRY_MARGIN - 1)])
    await views.write([Put(FORWARD, line(book, 1), 1, 0)])
    assert await views.get(FORWARD, book, 1) is None


async def test_whether_a_row_is_past_is_told_by_the_given_clock(views: Views, clock: Clock) -> None:
    book, expires_at = uuid4(), _now() + 10
    clock.ahead = EXPIRY_MARGIN + 20
    await views.write([Put(FORWARD, line(book, 1), 1, expires_at)])
    assert await views.get(FORWARD, book, 1) is None


@pytest.mark.slow
async def test_a_row_vanishes_after_its_margin(views: Views) -> None:
    book = uuid4()
    await views.write([Put(FORWARD, line(book, 1), 1, _now() - EXPIRY_MARGIN + 2), Put(FORWARD, line(book, 2), 1)])

    async def gone() -> bool:
        await views.write([Put(FORWARD, line(uuid4(), 1), 1, _now())])  # SQLite purges when something is written
        return await views.get(FORWARD, book, 1) is None

    await eventually(gone)
    assert await views.get(FORWARD, book, 2) == line(book, 2)


async def test_a_far_expiry_is_kept(views: Views) -> None:
    book = uuid4()
    await views.write([Put(FORWARD, line(book, 1), 1, _now() + 200 * 365 * 24 * 3600)])
    assert await views.get(FORWARD, book, 1) == line(book, 1)


@pytest.mark.slow
async def test_a_newer_put_without_expiry_keeps_the_row_for_good(views: Views, clock: Clock) -> None:
    book, expires_at = uuid4(), _now() - EXPIRY_MARGIN + 2
    await views.write([Put(FORWARD, line(book, 1), 1, expires_at), Put(FORWARD, line(book, 2), 1, expires_at)])
    await views.write([Put(FORWARD, line(book, 1, "for good"), 2)])

    async def the_other_is_gone() -> bool:
        await views.write([Put(FORWARD, line(uuid4(), 1), 1, _now())])
        return await views.get(FORWARD, book, 2) is None

    await eventually(the_other_is_gone)
    assert await views.get(FORWARD, book, 1) == line(book, 1, "for good")

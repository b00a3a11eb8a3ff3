"""The host keeps its promises on both pairs of twins."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from libs.projections import Host, total
from tests.contract.projections.conftest import PARTITIONS
from tests.unit.libs.projections.lab import POSTS, Lab, an_id, like, post, unlike
from tests.unit.libs.projections.toy import COVERED, PUSHED, TALLIES, Covered, Pushed
from tests.waiting import eventually

PEOPLE = [an_id(number) for number in range(10, 60)]
PATIENCE = 60.0


@asynccontextmanager
async def running(lab: Lab, instance: str) -> AsyncIterator[Host]:
    host = Host(lab.toy.projection, lab.stores, lab.vault, instance=instance)
    task = asyncio.create_task(host.run())
    try:
        yield host
    finally:
        host.stop()
        await asyncio.wait_for(task, PATIENCE)


async def _likes(lab: Lab) -> int:
    return total(await lab.views.scan(TALLIES, (post(0).post,), limit=100), "likes")


async def _come_to(lab: Lab, likes: int) -> None:
    async def there() -> bool:
        return await _likes(lab) == likes

    await eventually(there, timeout=PATIENCE)


async def _all_like(lab: Lab, people: Sequence[UUID]) -> None:
    await asyncio.gather(*(lab.append(like(person)) for person in people))


async def test_it_folds_what_is_appended_and_goes_on_where_it_stopped(lab: Lab) -> None:
    await _all_like(lab, PEOPLE[:20])
    async with running(lab, "one"):
        await _come_to(lab, 20)
        await _all_like(lab, PEOPLE[20:40])
        await _come_to(lab, 40)
    await _all_like(lab, PEOPLE[40:])
    await lab.append(unlike(PEOPLE[0]))
    async with running(lab, "one"):
        await _come_to(lab, len(PEOPLE) - 1)


async def test_it_emits_and_runs_second_phases(lab: Lab) -> None:
    await lab.append(post(0))
    async with running(lab, "one"):

        async def reached() -> bool:
            return await lab.reached(POSTS) >= 1

        await eventually(reached, timeout=PATIENCE)
    assert (await lab.log.bounds([POSTS]))[POSTS].end == 3
    author = post(0).author
    assert await lab.views.scan(PUSHED, (author,), limit=9) == [Pushed(author, post(0).post)]
    assert await lab.views.scan(COVERED, (author,), limit=9) == [Covered(author, post(0).post)]


@pytest.mark.parametrize("twins", [pytest.param("servers", marks=pytest.mark.servers)])
async def test_two_hosts_share_the_partitions_and_a_rebalance_loses_and_doubles_nothing(lab: Lab, twins: str) -> None:
    await _all_like(lab, PEOPLE[:10])
    async with running(lab, "one") as one:
        await _come_to(lab, 10)
        async with running(lab, "two") as two:
            await _all_like(lab, PEOPLE[10:20])
            await eventually(lambda: _shared(one, two), timeout=PATIENCE)
            await _all_like(lab, PEOPLE[20:30])
            await _come_to(lab, 30)
        await _all_like(lab, PEOPLE[30:40])
        await _come_to(lab, 40)
        await eventually(lambda: len(_mine(one)) == PARTITIONS, timeout=PATIENCE)
    assert await _likes(lab) == 40


def _mine(host: Host) -> set[int]:
    return {place.number for place in host._running if place.topic == "reactions"}


def _shared(one: Host, two: Host) -> bool:
    return bool(_mine(one)) and bool(_mine(two)) and _mine(one) | _mine(two) == set(range(PARTITIONS))

"""A rebuild beside hosts at work, on both pairs of twins: every event is in the new tables once, and is spoken of."""

import asyncio
from contextlib import AsyncExitStack
from random import Random
from uuid import UUID

import pytest

from libs.log import Partition
from libs.projections import total
from libs.projections.generations import at_generation, read_standing
from libs.projections.rebuilding import open_ground, rebuilding
from libs.views import Reads
from tests.contract.projections.conftest import PARTITIONS
from tests.contract.projections.test_host import PATIENCE, PEOPLE, _shared, running
from tests.unit.libs.projections.lab import Lab, like, post
from tests.unit.libs.projections.toy import POSTS, TALLIES
from tests.waiting import eventually


@pytest.mark.slow
async def test_hosts_at_work_hand_over_back_and_forth_and_every_event_is_folded_once(lab: Lab, twins: str) -> None:
    """On servers two hosts share the partitions; the embedded log has one member."""
    async with AsyncExitStack() as stack:
        hosts = [
            await stack.enter_async_context(running(lab, name)) for name in ("one", "two")[: 1 + (twins == "servers")]
        ]
        appending = asyncio.create_task(_append(lab, PEOPLE))
        if len(hosts) > 1:
            await eventually(lambda: _shared(hosts[0], hosts[1]), timeout=PATIENCE)
        ground = await open_ground(lab.toy.projection, lab.log, lab.views, lab.vault)
        async with rebuilding(ground, "tester") as rebuild:
            compared = await rebuild.build(random=Random(1))
            assert (compared.differences, await _serving(lab)) == ([], 1)
            await rebuild.roll_back()
            assert await _serving(lab) == 0
            await rebuild.roll_back()
        await appending
        new = at_generation(lab.views, lab.toy.projection, 1)
        await eventually(lambda: _holds_all(new), timeout=PATIENCE)
    bounds = (await lab.log.bounds([Partition("posts", 0)]))[Partition("posts", 0)]
    records = await lab.records(Partition("posts", 0))
    assert len(records) == bounds.end - bounds.start
    echoes = {dict(record.headers)["ce_id"] for record in records if dict(record.headers)["ce_type"] == b"PostEdited"}
    assert len(echoes) == 2 * len(PEOPLE)


async def _append(lab: Lab, people: list[UUID]) -> None:
    for number, person in enumerate(people):
        await lab.append(like(person), post(number))
        await asyncio.sleep(0.05)  # not to wait for anything: events come while it goes on


async def _serving(lab: Lab) -> int:
    return (await read_standing(lab.vault, "toy")).standing.serving


async def _holds_all(views: Reads) -> bool:
    likes = total(await views.scan(TALLIES, (post(0).post,), limit=PARTITIONS), "likes")
    seen = await views.get_many(POSTS, [(post(number).post,) for number in range(len(PEOPLE))])
    return likes == len(PEOPLE) and None not in seen

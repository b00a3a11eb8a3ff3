"""The disk of `qiao up` is full: posts are refused until there is room, homes are read on, nothing is lost."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.integration.asking import Request
from tests.integration.day import AWAY, RECOVERED, EmbeddedDay
from tests.integration.disk import Disk, disk, ways
from tests.integration.watching import NOT_READY, Watch, becomes_ready, finding
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.may_stall]

PEOPLE = 8
MEGABYTES = 48
REFUSALS = 40

with tempfile.TemporaryDirectory() as here:
    WAYS = ways(Path(here))


@pytest.fixture(params=WAYS)
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    with disk(request.param, tmp_path / "data", MEGABYTES) as data:
        yield data


@pytest_asyncio.fixture
async def day(tmp_path: Path, data: Disk) -> AsyncIterator[EmbeddedDay]:
    async with EmbeddedDay(tmp_path, data.directory).running(PEOPLE) as day:
        yield day


async def test_a_full_disk_refuses_posts_until_there_is_room_and_loses_none(day: EmbeddedDay, data: Disk) -> None:
    life, pid = day.life, day.up.pid
    home = Request(method="GET", target="/v1/home?limit=5", token=life.people[0].token)
    async with day.trouble("the disk is full", AWAY), Watch(day.gateway, home) as reads:
        data.fill(pid)
        await eventually(lambda: len(life.refused) >= REFUSALS, RECOVERED)
        status, said = await finding(day.gateway)
        assert status == NOT_READY
        assert '"log":{"ok":false' in said
        data.make_room(pid)
        await becomes_ready(day.gateway)
    statuses = reads.statuses(0, float("inf"))
    assert statuses.keys() == {200}, f"homes were answered with {statuses}"
    assert day.up.pid == pid
    assert day.up.status is None
    print(f"refused {len(life.refused)}, homes {dict(statuses)}")
    await day.all_is_right()

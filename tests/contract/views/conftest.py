"""Both twins of the views behind one fixture, with a clock that tests can move."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from libs.views import Views
from libs.views.sqlite import open_views
from tests.contract.views.tables import TABLES

OpenViews = Callable[[], Awaitable[Views]]


class Clock:
    """The wall clock, moved ahead at will."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", pytest.param("cassandra", marks=pytest.mark.servers)])
async def open_again(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[OpenViews]:
    """Opens the one store of this test, as often as wanted, as other processes would. All are closed afterwards."""
    opened: list[Views] = []
    open_one = _sqlite(tmp_path, clock) if request.param == "sqlite" else _cassandra(request, clock)

    async def open_() -> Views:
        opened.append(await open_one())
        return opened[-1]

    yield open_
    for views in opened:
        await views.close()


def _sqlite(directory: Path, clock: Clock) -> OpenViews:
    return lambda: open_views(directory / "views.db", clock=clock, purge_every=0.0)


def _cassandra(request: pytest.FixtureRequest, clock: Clock) -> OpenViews:
    pytest.skip("to come")


@pytest.fixture
async def empty(open_again: OpenViews) -> Views:
    """A store without any table."""
    return await open_again()


@pytest.fixture
async def views(empty: Views) -> Views:
    """A store with the tables of the contract."""
    await empty.migrate(TABLES)
    return empty

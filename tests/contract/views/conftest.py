"""Both twins of the views behind one fixture, with a clock that tests can move."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from libs.views import Views, cassandra, sqlite
from tests.contract.cassandra import OpenSession, drop_keyspace, run_beside
from tests.contract.views.tables import TABLES

OpenViews = Callable[[], Awaitable[Views]]
"""Opens the one store of a test, as often as wanted, as other processes would."""


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
def twin(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def migrated_keyspace(open_session: OpenSession) -> Iterator[str]:
    """Changes of Cassandra's schema take long: the tests that need none share these tables, with rows of their own."""
    keyspace = f"t_{uuid4().hex[:12]}"

    async def migrate() -> None:
        await cassandra.open_views(open_session(keyspace)).migrate(TABLES)

    run_beside(migrate())
    yield keyspace
    drop_keyspace(open_session, keyspace)


@pytest.fixture
def shared_store(twin: str, request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> OpenViews:
    keyspace = request.getfixturevalue("migrated_keyspace") if twin == "cassandra" else ""
    return _open_one(twin, request, tmp_path, clock, keyspace)


@pytest.fixture
def new_store(twin: str, request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> OpenViews:
    keyspace = request.getfixturevalue("keyspace") if twin == "cassandra" else ""
    return _open_one(twin, request, tmp_path, clock, keyspace)


@pytest.fixture
async def open_again(shared_store: OpenViews) -> AsyncIterator[OpenViews]:
    """For the store that has the tables of the contract."""
    async for open_ in _opener(shared_store):
        yield open_


@pytest.fixture
async def open_new(new_store: OpenViews) -> AsyncIterator[OpenViews]:
    """For a store without any table."""
    async for open_ in _opener(new_store):
        yield open_


@pytest.fixture
async def views(twin: str, open_again: OpenViews) -> Views:
    """A store with the tables of the contract."""
    views = await open_again()
    if twin == "sqlite":
        await views.migrate(TABLES)
    return views


@pytest.fixture
async def empty(open_new: OpenViews) -> Views:
    """A store without any table."""
    return await open_new()


async def _opener(open_one: OpenViews) -> AsyncIterator[OpenViews]:
    opened: list[Views] = []

    async def open_() -> Views:
        opened.append(await open_one())
        return opened[-1]

    yield open_
    for views in opened:
        await views.close()


def _open_one(twin: str, request: pytest.FixtureRequest, directory: Path, clock: Clock, keyspace: str) -> OpenViews:
    if twin == "sqlite":
        return lambda: sqlite.open_views(directory / "views.db", clock=clock, purge_every=0.0)
    open_session: OpenSession = request.getfixturevalue("open_session")

    async def open_one() -> Views:
        return cassandra.open_views(open_session(keyspace), clock=clock)

    return open_one

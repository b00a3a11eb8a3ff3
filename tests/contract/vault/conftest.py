"""Both twins of the vault behind one fixture."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from libs.vault import Vault, cassandra, sqlite
from tests.contract.cassandra import OpenSession, drop_keyspace, run_beside

OpenVault = Callable[[], Awaitable[Vault]]
"""Opens the one vault of a test, as often as wanted, as other processes would."""


@pytest.fixture(params=["sqlite", pytest.param("cassandra", marks=pytest.mark.servers)])
def twin(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def migrated_vault(open_session: OpenSession) -> Iterator[str]:
    """A keyspace shared by all tests that need no migration: each uses keys of its own (`own`)."""
    keyspace = f"t_{uuid4().hex[:12]}"

    async def migrate() -> None:
        await cassandra.open_vault(open_session(keyspace)).migrate()

    run_beside(migrate())
    yield keyspace
    drop_keyspace(open_session, keyspace)


@pytest.fixture
def own() -> str:
    """A kind of record that no other test uses."""
    return f"kind-{uuid4()}"


@pytest.fixture
def shared_store(twin: str, request: pytest.FixtureRequest, tmp_path: Path) -> OpenVault:
    keyspace = request.getfixturevalue("migrated_vault") if twin == "cassandra" else ""
    return _open_one(twin, request, tmp_path, keyspace)


@pytest.fixture
def new_store(twin: str, request: pytest.FixtureRequest, tmp_path: Path) -> OpenVault:
    keyspace = request.getfixturevalue("keyspace") if twin == "cassandra" else ""
    return _open_one(twin, request, tmp_path, keyspace)


@pytest.fixture
async def open_again(shared_store: OpenVault) -> AsyncIterator[OpenVault]:
    """For the vault that is ready for use."""
    async for open_ in _opener(shared_store):
        yield open_


@pytest.fixture
async def open_new(new_store: OpenVault) -> AsyncIterator[OpenVault]:
    """For a vault before its migration."""
    async for open_ in _opener(new_store):
        yield open_


@pytest.fixture
async def vault(twin: str, open_again: OpenVault) -> Vault:
    """A vault ready for use."""
    vault = await open_again()
    if twin == "sqlite":
        await vault.migrate()
    return vault


async def _opener(open_one: OpenVault) -> AsyncIterator[OpenVault]:
    opened: list[Vault] = []

    async def open_() -> Vault:
        opened.append(await open_one())
        return opened[-1]

    yield open_
    for vault in opened:
        await vault.close()


def _open_one(twin: str, request: pytest.FixtureRequest, directory: Path, keyspace: str) -> OpenVault:
    if twin == "sqlite":
        return lambda: sqlite.open_vault(directory / "vault.db")
    open_session: OpenSession = request.getfixturevalue("open_session")

    async def open_one() -> Vault:
        return cassandra.open_vault(open_session(keyspace))

    return open_one

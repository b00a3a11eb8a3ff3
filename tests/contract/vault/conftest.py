"""Both twins of the vault behind one fixture."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from libs.vault import Vault
from libs.vault.sqlite import open_vault

OpenVault = Callable[[], Awaitable[Vault]]


@pytest.fixture(params=["sqlite", pytest.param("cassandra", marks=pytest.mark.servers)])
async def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenVault]:
    """Opens the one vault of this test, as often as wanted, as other processes would. All are closed afterwards."""
    opened: list[Vault] = []
    open_one = _sqlite(tmp_path) if request.param == "sqlite" else _cassandra(request)

    async def open_() -> Vault:
        opened.append(await open_one())
        return opened[-1]

    yield open_
    for vault in opened:
        await vault.close()


def _sqlite(directory: Path) -> OpenVault:
    return lambda: open_vault(directory / "vault.db")


def _cassandra(request: pytest.FixtureRequest) -> OpenVault:
    pytest.skip("to come")


@pytest.fixture
async def empty(open_again: OpenVault) -> Vault:
    """A vault before its migration."""
    return await open_again()


@pytest.fixture
async def vault(empty: Vault) -> Vault:
    """A vault ready for use."""
    await empty.migrate()
    return empty

"""Who the admins are: by handles that the vault knows, and never by what a token or a newcomer says."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from libs.vault import Vault
from libs.vault.sqlite import open_vault
from qiao.admins import Admins
from qiao.settings import Settings
from qiao.world.note import KEY, KIND
from services.accounts.handles import Handles


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    vault = await open_vault(tmp_path / "vault.db")
    await vault.migrate()
    yield vault
    await vault.close()


async def _owner(vault: Vault, handle: str, *, confirmed: bool = True) -> UUID:
    account = uuid4()
    assert await Handles(vault).claim(handle, account)
    if confirmed:
        assert await Handles(vault).confirm(handle, account)
    return account


async def test_admins_are_the_accounts_that_own_the_handles_named(vault: Vault) -> None:
    mei, tom = await _owner(vault, "mei"), await _owner(vault, "tom")
    await _owner(vault, "ann")
    assert await Admins(Settings(admins="tom, mei"), vault).accounts() == {mei, tom}


async def test_a_handle_that_nobody_has_confirmed_makes_nobody_an_admin(vault: Vault) -> None:
    await _owner(vault, "tom", confirmed=False)
    assert await Admins(Settings(admins="tom,nobody"), vault).accounts() == set()


async def test_without_a_sample_world_nobody_is_an_admin_by_default(vault: Vault) -> None:
    await _owner(vault, "mei")
    assert await Admins(Settings(), vault).accounts() == set()


async def test_in_a_sample_world_of_this_machine_alone_mei_is(vault: Vault) -> None:
    mei = await _owner(vault, "mei")
    await vault.put(KIND, KEY, b"done")
    assert await Admins(Settings(), vault).accounts() == {mei}


@pytest.mark.parametrize(
    "settings",
    [
        Settings(listen="0.0.0.0:8080"),
        Settings(sample="public"),
        Settings(trusted_proxies=1),
        Settings(log="kafka://a:1", views="cassandra://a/b"),
        Settings(admins="tom"),
    ],
    ids=["others reach it", "public on purpose", "behind a proxy", "on servers", "somebody is named"],
)
async def test_where_others_may_know_the_samples_password_mei_is_no_admin(vault: Vault, settings: Settings) -> None:
    await _owner(vault, "mei")
    await vault.put(KIND, KEY, b"done")
    assert await Admins(settings, vault).accounts() == set()

"""Keys that are not the ones the data was sealed with are refused at start, by name."""

from pathlib import Path

import pytest

from libs.vault.keys import KeyRing
from libs.vault.sqlite import open_vault
from libs.vault.wrapping import WrongMasterKey
from qiao import migration
from qiao.secrets import secrets_of
from qiao.settings import SettingsInvalid, load
from qiao.stores import open_stores


async def test_another_master_key_than_the_vaults_is_refused(tmp_path: Path) -> None:
    vault = await open_vault(tmp_path / "vault.db")
    await vault.migrate()
    await KeyRing(vault, bytes(32)).check()
    await KeyRing(vault, bytes(32)).check()
    with pytest.raises(WrongMasterKey):
        await KeyRing(vault, bytes([1]) * 32).check()
    await vault.close()


def test_lost_secrets_are_not_replaced_beside_data(tmp_path: Path) -> None:
    settings = load({"QIAO_DATA": str(tmp_path)})
    secrets_of(settings)
    assert secrets_of(settings).master_key == secrets_of(settings).master_key
    (tmp_path / "vault.db").touch()
    (tmp_path / "secrets.json").unlink()
    with pytest.raises(SettingsInvalid, match=r"secrets\.json is gone"):
        secrets_of(settings)


async def test_a_new_epoch_for_no_topic_is_refused(tmp_path: Path) -> None:
    settings = load({"QIAO_DATA": str(tmp_path)})
    async with open_stores(settings) as stores:
        with pytest.raises(SettingsInvalid, match="postz"):
            await migration.migrate(stores, settings, new_epochs=["postz"])


def test_more_partitions_than_a_tally_reads_are_refused() -> None:
    with pytest.raises(SettingsInvalid, match="QIAO_PARTITIONS"):
        load({"QIAO_PARTITIONS": "101"})

"""SQLite's vault keeps its secrets to itself."""

import os
import stat
from pathlib import Path

import pytest

from libs.vault import VaultUnavailable
from libs.vault.sqlite import open_vault
from tests.waiting import eventually

SECRET = b"the key that nobody may find again"


def _found(directory: Path) -> bool:
    return any(SECRET in file.read_bytes() for file in directory.iterdir())


async def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    vault = await open_vault(tmp_path / "vault.db")
    await vault.migrate()
    await vault.put("kind", "key", SECRET)
    modes = {stat.S_IMODE(os.stat(tmp_path / file).st_mode) for file in os.listdir(tmp_path)}
    assert modes == {0o600}
    await vault.close()


@pytest.mark.slow
async def test_a_deleted_record_leaves_no_trace_in_the_files(tmp_path: Path) -> None:
    vault = await open_vault(tmp_path / "vault.db")
    await vault.migrate()
    await vault.put("kind", "key", SECRET)
    assert _found(tmp_path)
    await vault.delete("kind", "key")
    await eventually(lambda: not _found(tmp_path))
    await vault.close()


async def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / "vault.db").touch(mode=0o644)
    vault = await open_vault(tmp_path / "vault.db")
    assert stat.S_IMODE(os.stat(tmp_path / "vault.db").st_mode) == 0o600
    await vault.close()


@pytest.mark.slow
async def test_expired_records_are_purged_when_it_is_quiet(tmp_path: Path) -> None:
    now = 1_000.0
    vault = await open_vault(tmp_path / "vault.db", clock=lambda: now)
    await vault.migrate()
    await vault.put("kind", "key", SECRET, ttl=5)
    now = 1_006.0
    assert await vault.get("kind", "key") is None
    await vault.put("kind", "other", b"")
    await eventually(lambda: not _found(tmp_path))
    await vault.close()


async def test_a_vault_whose_disk_refuses_writes_is_not_healthy_though_it_can_be_read(tmp_path: Path) -> None:
    vault = await open_vault(tmp_path / "vault.db")
    await vault.migrate()
    await vault.put("kind", "key", b"before")
    assert await vault.healthy()
    vault._writer._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(VaultUnavailable):
        await vault.put("kind", "key", b"after")
    assert await vault.get("kind", "key") is not None
    assert not await vault.healthy()
    vault._writer._connection.execute("PRAGMA query_only = OFF")
    await vault.put("kind", "key", b"after")
    assert await vault.healthy()
    await vault.close()

"""A vault's records go into a sealed file and from there into an empty vault, of either twin."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from uuid import UUID

import pytest

from libs.vault import Kept, Vault, sqlite
from libs.vault.backup import (
    BackupLocked,
    NotABackup,
    RestoreUnfinished,
    VaultInUse,
    back_up,
    check_whole,
    restore,
)
from libs.vault.epochs import epoch_of, register
from libs.vault.keys import KeyRing
from libs.vault.wrapping import WrongMasterKey
from tests.contract.vault.conftest import OpenVault
from tests.waiting import eventually

PASSPHRASE = "over the bridge at night"
MASTER_KEY = b"m" * 32
MEI, TOM = UUID(int=1), UUID(int=2)
MANY = 2_300


class Cut(Exception):
    """The process dies."""


class CutAfter:
    """Dies once so many records are done."""

    def __init__(self, most: int) -> None:
        self.left = most

    def __call__(self, more: int) -> None:
        self.left -= more
        if self.left <= 0:
            raise Cut


@pytest.fixture
async def empty(open_new: OpenVault) -> Vault:
    """A vault of this test alone, of the twin in question; migrated by whoever needs it."""
    return await open_new()


@pytest.fixture
async def lived(tmp_path: Path) -> AsyncIterator[Vault]:
    """A vault with a record of every kind there is: a file, whatever the other one is."""
    vault = await sqlite.open_vault(tmp_path / "lived.db")
    await vault.migrate()
    await _live(vault)
    yield vault
    await vault.close()


async def _live(vault: Vault) -> None:
    ring = KeyRing(vault, MASTER_KEY)
    await ring.check()
    await ring.create(MEI)
    await register(vault, "posts", "first")
    await vault.put("credentials", "猫", b"\x00\xff")
    await vault.put("idempotency", "soon over", b"1", ttl=3600)
    await vault.claim("handle", "mei", str(MEI), b"", lease=180)
    await vault.confirm("handle", "mei", str(MEI))
    await vault.claim("handle", "tom", str(TOM), b"promised", lease=180)


async def _contents(vault: Vault) -> Mapping[tuple[str, str], Kept]:
    return {(record.kind, record.key): record async for record in vault.records()}


async def _some(vault: Vault, count: int) -> None:
    records = [Kept("many", f"{n}", b"%d" % n) for n in range(count)]
    for begin in range(0, count, 100):
        await asyncio.gather(*(vault.bring_back(record) for record in records[begin : begin + 100]))


def _same(found: Mapping[tuple[str, str], Kept], expected: Mapping[tuple[str, str], Kept]) -> bool:
    """Times may differ by the whole second that Cassandra counts in."""
    assert found.keys() == expected.keys()
    for key, record in found.items():
        other = expected[key]
        assert (record.value, record.owner, record.confirmed) == (other.value, other.owner, other.confirmed), key
        assert (record.expires_at is None) == (other.expires_at is None), key
        assert abs((record.expires_at or 0) - (other.expires_at or 0)) < 3, key
    return True


async def test_records_are_all_there_once_however_many_there_are(empty: Vault) -> None:
    await empty.migrate()
    await _some(empty, MANY)
    found = [record async for record in empty.records()]
    assert len(found) == MANY
    assert {record.key: record.value for record in found} == {f"{n}": b"%d" % n for n in range(MANY)}


@pytest.mark.slow
async def test_records_that_are_over_or_deleted_are_not_there(empty: Vault) -> None:
    await empty.migrate()
    await empty.put("kind", "short", b"1", ttl=1)
    await empty.put("kind", "deleted", b"1")
    await empty.put("kind", "stays", b"1")
    await empty.delete("kind", "deleted")

    async def gone() -> bool:
        return list(await _contents(empty)) == [("kind", "stays")]

    await eventually(gone)


async def test_bringing_back_writes_over_nothing_unless_asked(empty: Vault) -> None:
    await empty.migrate()
    there = await empty.put("kind", "key", b"new")
    assert not await empty.bring_back(Kept("kind", "key", b"old"))
    assert await empty.get("kind", "key") == there
    assert await empty.bring_back(Kept("kind", "key", b"old"), over=True)
    back = await empty.get("kind", "key")
    assert back is not None
    assert back.value == b"old"


async def test_no_version_that_was_held_before_fits_a_record_that_was_brought_back(empty: Vault) -> None:
    await empty.migrate()
    held = await empty.put("kind", "key", b"1")
    assert await empty.bring_back(Kept("kind", "key", b"0"), over=True)
    assert await empty.compare_and_set("kind", "key", held.version, b"2") is None
    assert await empty.compare_and_set("kind", "key", held.version + 1, b"2") is None


async def test_what_is_over_is_not_brought_back(empty: Vault) -> None:
    await empty.migrate()
    assert not await empty.bring_back(Kept("kind", "key", b"1", expires_at=1.0))
    assert await empty.get("kind", "key") is None


async def test_a_restored_vault_holds_what_was_backed_up(lived: Vault, empty: Vault, tmp_path: Path) -> None:
    expected = await _contents(lived)
    counts = await back_up(lived, tmp_path / "vault.backup", PASSPHRASE)
    assert counts["handle"] == 2
    restored = await restore(empty, tmp_path / "vault.backup", PASSPHRASE, MASTER_KEY)
    assert restored.written == counts
    assert not restored.left
    assert _same(await _contents(empty), expected)
    assert await KeyRing(empty, MASTER_KEY).raw_keys([MEI]) == await KeyRing(lived, MASTER_KEY).raw_keys([MEI])
    assert await epoch_of(empty, "posts", "first") == 1


async def test_a_backup_of_either_twin_goes_into_the_other(empty: Vault, tmp_path: Path) -> None:
    await empty.migrate()
    await _live(empty)
    await back_up(empty, tmp_path / "vault.backup", PASSPHRASE)
    other = await sqlite.open_vault(tmp_path / "other.db")
    await restore(other, tmp_path / "vault.backup", PASSPHRASE, MASTER_KEY)
    assert _same(await _contents(other), await _contents(empty))
    await other.close()


@pytest.mark.slow
async def test_a_restored_claim_is_still_its_owners_and_a_restored_lease_still_ends(
    lived: Vault, empty: Vault, tmp_path: Path
) -> None:
    await lived.claim("handle", "soon", str(TOM), b"", lease=2)
    await back_up(lived, tmp_path / "vault.backup", PASSPHRASE)
    await restore(empty, tmp_path / "vault.backup", PASSPHRASE, MASTER_KEY)
    assert (await empty.claim("handle", "mei", str(TOM), b"", lease=60)).owner == str(MEI)
    assert not await empty.confirm("handle", "tom", str(MEI))
    assert await empty.confirm("handle", "tom", str(TOM))

    async def free() -> bool:
        return (await empty.claim("handle", "soon", str(MEI), b"", lease=60)).owner == str(MEI)

    await eventually(free)


async def test_a_vault_in_use_is_not_restored_into_unless_asked(lived: Vault, empty: Vault, tmp_path: Path) -> None:
    await back_up(lived, tmp_path / "vault.backup", PASSPHRASE)
    await empty.migrate()
    await empty.put("credentials", "猫", b"newer")
    await empty.put("credentials", "only here", b"1")
    before = await _contents(empty)
    with pytest.raises(VaultInUse, match="in use"):
        await restore(empty, tmp_path / "vault.backup", PASSPHRASE, MASTER_KEY)
    assert await _contents(empty) == before
    await restore(empty, tmp_path / "vault.backup", PASSPHRASE, MASTER_KEY, over=True)
    found = await _contents(empty)
    assert found["credentials", "猫"].value == b"\x00\xff"
    assert found["credentials", "only here"].value == b"1"


async def test_a_restore_that_was_cut_off_goes_on_and_nothing_starts_before_it_has(
    lived: Vault, empty: Vault, tmp_path: Path
) -> None:
    await _some(lived, 500)
    await back_up(lived, tmp_path / "vault.backup", PASSPHRASE)
    with pytest.raises(Cut):
        await restore(empty, tmp_path / "vault.backup", PASSPHRASE, MASTER_KEY, told=CutAfter(200))
    with pytest.raises(RestoreUnfinished, match="run the same"):
        await check_whole(empty)
    with pytest.raises(RestoreUnfinished):
        await back_up(empty, tmp_path / "half.backup", PASSPHRASE)
    restored = await restore(empty, tmp_path / "vault.backup", PASSPHRASE, MASTER_KEY)
    assert sum(restored.left.values()) >= 200
    await check_whole(empty)
    assert _same(await _contents(empty), await _contents(lived))


async def test_another_backup_does_not_go_on_with_a_restore_that_was_cut_off(
    lived: Vault, empty: Vault, tmp_path: Path
) -> None:
    await _some(lived, 300)
    for name in ("first", "second"):
        await back_up(lived, tmp_path / name, PASSPHRASE)
    with pytest.raises(Cut):
        await restore(empty, tmp_path / "first", PASSPHRASE, MASTER_KEY, told=CutAfter(100))
    with pytest.raises(VaultInUse):
        await restore(empty, tmp_path / "second", PASSPHRASE, MASTER_KEY)


async def test_kinds_can_be_left_out(lived: Vault, empty: Vault, tmp_path: Path) -> None:
    await back_up(lived, tmp_path / "vault.backup", PASSPHRASE)
    restored = await restore(empty, tmp_path / "vault.backup", PASSPHRASE, MASTER_KEY, without=["credentials"])
    assert restored.left == {"credentials": 1}
    assert await empty.get("credentials", "猫") is None


@pytest.mark.parametrize("twin", ["sqlite"])
class TestTheFile:
    """The file is the same for both twins."""

    async def test_a_backup_shows_nothing_without_its_passphrase(
        self, lived: Vault, empty: Vault, tmp_path: Path
    ) -> None:
        path = tmp_path / "vault.backup"
        await back_up(lived, path, PASSPHRASE)
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        content = path.read_bytes()
        assert not any(text in content for text in (b"credentials", b"mei", b"promised", str(MEI).encode()))
        with pytest.raises(BackupLocked, match="passphrase"):
            await restore(empty, path, "another", MASTER_KEY)

    async def test_a_backup_that_was_changed_or_cut_off_writes_nothing(
        self, lived: Vault, empty: Vault, tmp_path: Path
    ) -> None:
        path = tmp_path / "vault.backup"
        await _some(lived, 1_200)
        await back_up(lived, path, PASSPHRASE)
        whole = path.read_bytes()
        last = len(whole) - len(whole) // 100
        spoiled = [whole[:last], whole[:-1], whole + b"more", whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:]]
        for content in spoiled:
            path.write_bytes(content)
            with pytest.raises(NotABackup):
                await restore(empty, path, PASSPHRASE, MASTER_KEY)
            await empty.migrate()
            assert not await _contents(empty)

    async def test_a_backup_whose_end_was_cut_off_at_a_chunk_is_noticed(
        self, lived: Vault, empty: Vault, tmp_path: Path
    ) -> None:
        path = tmp_path / "vault.backup"
        await back_up(lived, path, PASSPHRASE)
        end = 4 + len(b"\x01\x90") + 16  # the last chunk: its length, no records, a tag
        path.write_bytes(path.read_bytes()[:-end])
        with pytest.raises(NotABackup, match="cut off"):
            await restore(empty, path, PASSPHRASE, MASTER_KEY)

    async def test_something_else_is_no_backup(self, empty: Vault, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("something else")
        with pytest.raises(NotABackup, match="is no backup"):
            await restore(empty, tmp_path / "text", PASSPHRASE, MASTER_KEY)

    async def test_a_backup_of_another_master_key_is_refused_before_anything_is_written(
        self, lived: Vault, empty: Vault, tmp_path: Path
    ) -> None:
        await back_up(lived, tmp_path / "vault.backup", PASSPHRASE)
        with pytest.raises(WrongMasterKey):
            await restore(empty, tmp_path / "vault.backup", PASSPHRASE, b"n" * 32)
        await empty.migrate()
        assert not await _contents(empty)

    async def test_a_backup_is_never_written_over(self, lived: Vault, empty: Vault, tmp_path: Path) -> None:
        await back_up(lived, tmp_path / "vault.backup", PASSPHRASE)
        before = (tmp_path / "vault.backup").read_bytes()
        with pytest.raises(FileExistsError, match="never written over"):
            await back_up(lived, tmp_path / "vault.backup", PASSPHRASE)
        assert (tmp_path / "vault.backup").read_bytes() == before

    async def test_a_backup_that_was_cut_off_has_no_name_and_is_begun_anew(
        self, lived: Vault, empty: Vault, tmp_path: Path
    ) -> None:
        await _some(lived, 1_200)
        with pytest.raises(Cut):
            await back_up(lived, tmp_path / "vault.backup", PASSPHRASE, CutAfter(600))
        assert not (tmp_path / "vault.backup").exists()
        counts = await back_up(lived, tmp_path / "vault.backup", PASSPHRASE)
        assert counts["many"] == 1_200
        assert not (tmp_path / "vault.backup.partial").exists()

"""Sealing keys: made once, wrapped, cached for a minute, destroyed for good."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from libs.vault import Vault
from libs.vault import keys as sealing_keys
from libs.vault.keys import ABSENT_SECONDS, CACHE_SECONDS, KIND, KeyRing
from libs.vault.sqlite import open_vault
from libs.vault.wrapping import WrongMasterKey

MASTER = bytes(range(32))


class Clock:
    """Stands still until told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    vault = await open_vault(tmp_path / "vault.db")
    await vault.migrate()
    yield vault
    await vault.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ring(vault: Vault, clock: Clock) -> KeyRing:
    return KeyRing(vault, MASTER, clock=clock)


def _same(one: object, other: object) -> bool:
    return one.encrypt(b"text", b"e" * 16, b"f") == other.encrypt(b"text", b"e" * 16, b"f")  # type: ignore[attr-defined]


async def test_another_ring_finds_the_key_that_was_made(vault: Vault, ring: KeyRing) -> None:
    account = uuid4()
    made = await ring.create(account)
    found = await KeyRing(vault, MASTER).key_for(account)
    assert found is not None
    assert found.account == account
    assert _same(made, found)


async def test_making_a_key_twice_makes_one(vault: Vault, ring: KeyRing) -> None:
    account = uuid4()
    rings = [ring, KeyRing(vault, MASTER), KeyRing(vault, MASTER)]
    first, *rest = await asyncio.gather(*(one.create(account) for one in rings))
    assert all(_same(first, other) for other in rest)


async def test_accounts_have_keys_of_their_own(ring: KeyRing) -> None:
    assert not _same(await ring.create(uuid4()), await ring.create(uuid4()))


async def test_an_account_without_a_key_has_none(ring: KeyRing) -> None:
    assert await ring.key_for(uuid4()) is None


async def test_many_keys_come_at_once_without_those_that_are_missing(vault: Vault, ring: KeyRing) -> None:
    accounts = [uuid4() for _ in range(40)]
    for account in accounts:
        await ring.create(account)
    found = await KeyRing(vault, MASTER).keys_for([uuid4(), *accounts, uuid4()])
    assert set(found) == set(accounts)
    assert await ring.keys_for([]) == {}


async def test_a_destroyed_key_is_gone_at_once_where_it_was_destroyed(vault: Vault, ring: KeyRing) -> None:
    account = uuid4()
    await ring.create(account)
    assert await ring.destroy(account)
    assert await ring.key_for(account) is None
    assert await ring.keys_for([account]) == {}
    assert await vault.get(KIND, str(account)) is None
    assert not await ring.destroy(account)


async def test_a_key_destroyed_elsewhere_is_gone_after_a_minute(vault: Vault, ring: KeyRing, clock: Clock) -> None:
    account = uuid4()
    await ring.create(account)
    await KeyRing(vault, MASTER).destroy(account)
    assert await ring.key_for(account) is not None
    clock.now += CACHE_SECONDS
    assert await ring.key_for(account) is None


async def test_a_key_made_elsewhere_is_found_shortly_after_it_was_missed(
    vault: Vault, ring: KeyRing, clock: Clock
) -> None:
    account = uuid4()
    assert await ring.key_for(account) is None
    await KeyRing(vault, MASTER).create(account)
    clock.now += ABSENT_SECONDS
    assert await ring.key_for(account) is not None


async def test_the_vault_is_asked_once_a_minute_for_a_key_in_use(vault: Vault, ring: KeyRing) -> None:
    account = uuid4()
    await ring.create(account)
    await vault.close()
    assert await ring.key_for(account) is not None


async def test_the_cache_is_bounded(ring: KeyRing, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing_keys, "CACHED_KEYS", 2)
    accounts = [UUID(int=n) for n in range(3)]
    for account in accounts:
        await ring.create(account)
    for account in accounts:
        await vault.delete(KIND, str(account))
    assert set(await ring.keys_for(accounts)) == set(accounts[1:])


async def test_keys_stand_in_the_vault_wrapped(vault: Vault, ring: KeyRing) -> None:
    account = uuid4()
    await ring.create(account)
    with pytest.raises(WrongMasterKey, match=str(account)):
        await KeyRing(vault, bytes(32)).key_for(account)


async def test_a_wrapped_key_moved_to_another_account_does_not_open(vault: Vault, ring: KeyRing) -> None:
    mine, theirs = uuid4(), uuid4()
    await ring.create(theirs)
    item = await vault.get(KIND, str(theirs))
    await vault.put(KIND, str(mine), item.value)
    with pytest.raises(WrongMasterKey):
        await ring.key_for(mine)


@pytest.mark.parametrize("broken", [b"", b"\x01", b"\x02" + bytes(92), b"\x01" + bytes(92)])
async def test_a_broken_record_is_told_from_an_erased_one(vault: Vault, ring: KeyRing, broken: bytes) -> None:
    account = uuid4()
    await vault.put(KIND, str(account), broken)
    with pytest.raises(WrongMasterKey):
        await ring.key_for(account)


async def test_a_master_key_has_32_bytes(vault: Vault) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        KeyRing(vault, b"short")

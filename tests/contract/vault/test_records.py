"""Records are read and written whole, one at a time, and linearizably."""

import asyncio

import pytest

from libs.vault import Item, Vault, VaultUnavailable
from tests.contract.vault.conftest import OpenVault
from tests.waiting import eventually


async def test_a_record_that_was_never_put_is_none(vault: Vault, own: str) -> None:
    assert await vault.get(own, "key") is None


@pytest.mark.parametrize("value", [b"", b"\x00\xff" * 10, b"x" * 100_000], ids=["empty", "bytes", "large"])
async def test_a_record_comes_back_as_it_was_put(vault: Vault, own: str, value: bytes) -> None:
    written = await vault.put(own, "猫/key", value)
    assert await vault.get(own, "猫/key") == written == Item(value, written.version, "", confirmed=True)


async def test_kinds_and_keys_are_apart(vault: Vault, own: str) -> None:
    await vault.put(own + "a", "b", b"1")
    await vault.put(own, "ab", b"2")
    assert await vault.get(own + "ab", "") is None
    assert await vault.get(own, "b") is None
    assert (await vault.get(own + "a", "b")).value == b"1"


async def test_every_write_raises_the_version_by_one(vault: Vault, own: str) -> None:
    first = await vault.put(own, "key", b"1")
    second = await vault.put(own, "key", b"2")
    third = await vault.compare_and_set(own, "key", second.version, b"3")
    assert third is not None
    assert [second.version, third.version] == [first.version + 1, first.version + 2]
    assert await vault.get(own, "key") == third


async def test_compare_and_set_writes_only_over_the_expected_version(vault: Vault, own: str) -> None:
    item = await vault.put(own, "key", b"1")
    assert await vault.compare_and_set(own, "key", item.version + 1, b"2") is None
    assert await vault.compare_and_set(own, "key", None, b"2") is None
    assert await vault.get(own, "key") == item


async def test_compare_and_set_on_nothing_needs_to_expect_nothing(vault: Vault, own: str) -> None:
    assert await vault.compare_and_set(own, "key", 1, b"1") is None
    item = await vault.compare_and_set(own, "key", None, b"1")
    assert item is not None
    assert await vault.get(own, "key") == item


async def test_a_version_of_a_deleted_record_never_fits_its_successor(vault: Vault, own: str) -> None:
    old = await vault.put(own, "key", b"1")
    await vault.delete(own, "key")
    await vault.put(own, "key", b"2")
    assert await vault.compare_and_set(own, "key", old.version, b"3") is None


async def test_counting_by_compare_and_set_from_many_sides_loses_nothing(
    open_again: OpenVault, vault: Vault, own: str
) -> None:
    other = await open_again()
    await vault.put(own, "counter", b"0")

    async def count(side: Vault) -> None:
        done = False
        while not done:
            item = await side.get(own, "counter")
            done = bool(await side.compare_and_set(own, "counter", item.version, b"%d" % (int(item.value) + 1)))

    await asyncio.gather(*(count(side) for side in (vault, other) for _ in range(6)))
    assert (await vault.get(own, "counter")).value == b"12"


async def test_of_many_concurrent_creations_exactly_one_wins(vault: Vault, own: str) -> None:
    made = await asyncio.gather(*(vault.compare_and_set(own, "key", None, b"%d" % n) for n in range(20)))
    winners = [item for item in made if item]
    assert len(winners) == 1
    assert await vault.get(own, "key") == winners[0]


async def test_concurrent_puts_all_happen_one_after_the_other(vault: Vault, own: str) -> None:
    made = await asyncio.gather(*(vault.put(own, "key", b"%d" % n) for n in range(8)))
    assert len({item.version for item in made}) == 8


@pytest.mark.slow
async def test_a_record_with_a_time_to_live_vanishes(vault: Vault, own: str) -> None:
    await vault.put(own, "short", b"1", ttl=1)
    await vault.put(own, "long", b"1", ttl=3600)
    assert await vault.get(own, "short") is not None
    await eventually(lambda: _gone(vault, own, "short"))
    assert await vault.get(own, "long") is not None
    assert await vault.compare_and_set(own, "short", None, b"2") is not None


@pytest.mark.slow
async def test_a_put_without_a_time_to_live_keeps_what_would_have_vanished(vault: Vault, own: str) -> None:
    await vault.put(own, "key", b"1", ttl=1)
    await vault.put(own, "other", b"1", ttl=1)
    kept = await vault.put(own, "key", b"2")
    await eventually(lambda: _gone(vault, own, "other"))
    assert await vault.get(own, "key") == kept


@pytest.mark.slow
async def test_compare_and_set_can_put_an_end_to_a_record(vault: Vault, own: str) -> None:
    item = await vault.put(own, "key", b"1")
    assert await vault.compare_and_set(own, "key", item.version, b"2", ttl=1)
    await eventually(lambda: _gone(vault, own, "key"))


async def test_a_deleted_record_is_gone(vault: Vault, own: str) -> None:
    await vault.put(own, "key", b"1")
    assert await vault.delete(own, "key")
    assert await vault.get(own, "key") is None
    assert not await vault.delete(own, "key")


async def test_a_deleted_record_can_be_put_again(vault: Vault, own: str) -> None:
    await vault.put(own, "key", b"1")
    await vault.delete(own, "key")
    again = await vault.put(own, "key", b"2")
    assert await vault.get(own, "key") == again


async def test_what_one_process_wrote_another_reads(vault: Vault, own: str, open_again: OpenVault) -> None:
    other = await open_again()
    item = await vault.put(own, "key", b"1")
    assert await other.get(own, "key") == item


async def test_migrating_many_times_at_once_is_migrating_once(open_new: OpenVault) -> None:
    vaults = [await open_new() for _ in range(4)]
    assert not await vaults[0].healthy()
    await asyncio.gather(*(vault.migrate() for vault in vaults))
    await vaults[0].put("kind", "key", b"1")
    await vaults[1].migrate()
    assert await vaults[1].get("kind", "key") is not None
    assert await vaults[1].healthy()


async def test_a_closed_vault_is_unavailable_and_unhealthy(vault: Vault, own: str) -> None:
    assert await vault.healthy()
    await vault.close()
    await vault.close()
    assert not await vault.healthy()
    with pytest.raises(VaultUnavailable):
        await vault.get(own, "key")
    with pytest.raises(VaultUnavailable):
        await vault.put(own, "key", b"1")


async def _gone(vault: Vault, own: str, key: str) -> bool:
    return await vault.get(own, key) is None

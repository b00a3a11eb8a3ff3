"""A claim is a promise: one owner at a time, for the length of a lease or, once confirmed, for good."""

import asyncio

import pytest

from libs.vault import Item, Vault
from tests.contract.vault.conftest import OpenVault
from tests.waiting import eventually


async def test_what_is_free_can_be_claimed(vault: Vault, own: str) -> None:
    item = await vault.claim(own, "mimi", "me", b"value", lease=60)
    assert item == Item(b"value", item.version, "me", confirmed=False)
    assert await vault.get(own, "mimi") == item


async def test_what_another_holds_is_shown_instead(vault: Vault, own: str) -> None:
    theirs = await vault.claim(own, "mimi", "they", b"theirs", lease=60)
    assert await vault.claim(own, "mimi", "me", b"mine", lease=60) == theirs


async def test_claiming_again_what_i_hold_changes_nothing(vault: Vault, own: str) -> None:
    mine = await vault.claim(own, "mimi", "me", b"value", lease=60)
    assert await vault.claim(own, "mimi", "me", b"other", lease=1) == mine
    await vault.confirm(own, "mimi", "me")
    assert (await vault.claim(own, "mimi", "me", b"other", lease=1)).confirmed


async def test_of_twenty_concurrent_claims_exactly_one_wins(vault: Vault, own: str, open_again: OpenVault) -> None:
    sides = [vault, await open_again()]
    claims = (sides[n % 2].claim(own, "mimi", f"owner {n}", b"", lease=60) for n in range(20))
    seen = await asyncio.gather(*claims)
    assert len({item.owner for item in seen}) == 1
    assert seen[0] == await vault.get(own, "mimi")


@pytest.mark.slow
async def test_a_lease_runs_out(vault: Vault, own: str) -> None:
    await vault.claim(own, "mimi", "they", b"", lease=1)

    async def mine() -> bool:
        return (await vault.claim(own, "mimi", "me", b"", lease=60)).owner == "me"

    assert not await mine()
    await eventually(mine)


@pytest.mark.slow
async def test_a_confirmed_claim_does_not_run_out_in_any_column(vault: Vault, own: str) -> None:
    await vault.claim(own, "mimi", "me", b"value", lease=1)
    await vault.claim(own, "other", "me", b"value", lease=1)
    assert await vault.confirm(own, "mimi", "me")

    async def the_other_ran_out() -> bool:
        return await vault.get(own, "other") is None

    await eventually(the_other_ran_out)
    item = await vault.get(own, "mimi")
    assert item == Item(b"value", item.version, "me", confirmed=True)


@pytest.mark.slow
async def test_a_lapsed_claim_cannot_be_confirmed(vault: Vault, own: str) -> None:
    await vault.claim(own, "mimi", "me", b"", lease=1)

    async def lapsed() -> bool:
        return await vault.get(own, "mimi") is None

    await eventually(lapsed)
    assert not await vault.confirm(own, "mimi", "me")
    await vault.claim(own, "mimi", "they", b"", lease=60)
    assert not await vault.confirm(own, "mimi", "me")


async def test_confirming_again_is_a_success(vault: Vault, own: str) -> None:
    await vault.claim(own, "mimi", "me", b"", lease=60)
    assert await vault.confirm(own, "mimi", "me")
    assert await vault.confirm(own, "mimi", "me")


async def test_only_the_owner_can_confirm(vault: Vault, own: str) -> None:
    mine = await vault.claim(own, "mimi", "me", b"", lease=60)
    assert not await vault.confirm(own, "mimi", "they")
    assert not await vault.confirm(own, "free", "they")
    assert await vault.get(own, "mimi") == mine


async def test_only_the_owner_can_give_a_claim_back(vault: Vault, own: str) -> None:
    mine = await vault.claim(own, "mimi", "me", b"", lease=60)
    assert not await vault.delete(own, "mimi", owner="they")
    assert await vault.get(own, "mimi") == mine
    assert await vault.delete(own, "mimi", owner="me")
    assert (await vault.claim(own, "mimi", "they", b"", lease=60)).owner == "they"


async def test_a_put_makes_it_nobodys(vault: Vault, own: str) -> None:
    await vault.claim(own, "mimi", "me", b"", lease=60)
    item = await vault.put(own, "mimi", b"value")
    assert item == await vault.get(own, "mimi") == Item(b"value", item.version, "", confirmed=True)
    assert not await vault.confirm(own, "mimi", "me")


async def test_a_claim_needs_an_owner_and_a_lease(vault: Vault, own: str) -> None:
    with pytest.raises(ValueError, match="owner"):
        await vault.claim(own, "mimi", "", b"", lease=60)
    with pytest.raises(ValueError, match="lease"):
        await vault.claim(own, "mimi", "me", b"", lease=0)

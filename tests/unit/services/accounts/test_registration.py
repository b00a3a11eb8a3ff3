"""Joining: claim the handle, keep the credentials, tell the log, confirm. Cut off anywhere, it is tried again."""

import asyncio
from typing import Any

import pytest

from libs.events import decode_envelope, moment_of, new_id
from libs.log import LogUnavailable, Published
from libs.vault import VaultUnavailable
from services.accounts.commands import CREDENTIALS, Joined, SignedIn
from services.accounts.handles import LEASE, Handles
from services.accounts.passwords import Passwords
from services.accounts.problems import BAD_CREDENTIALS, HANDLE_TAKEN
from tests.unit.services.accounts.town import HERE, Clock, Outage, Town, kind_of, newcomer

WRITES = 6
"""claim, credentials, sealing key, append, confirm, session"""


async def test_who_joins_is_in_the_log_and_can_sign_in(town: Town) -> None:
    account = new_id()
    joined = await town.process().register(account, new_id(), newcomer())
    assert isinstance(joined, Joined)
    assert await town.registered("amy") == [account]
    signed_in = await town.process().sign_in("amy", "correct horse", HERE)
    assert isinstance(signed_in, SignedIn)
    assert signed_in.account == account


async def test_a_handle_belongs_to_one(town: Town) -> None:
    await town.process().register(new_id(), new_id(), newcomer())
    refused = await town.process().register(new_id(), new_id(), newcomer())
    assert kind_of(refused) == HANDLE_TAKEN
    assert len(await town.registered("amy")) == 1


async def test_of_many_who_want_one_handle_at_once_one_gets_it(town: Town) -> None:
    tries = [town.process().register(new_id(), new_id(), newcomer()) for _ in range(5)]
    results = await asyncio.gather(*tries)
    assert sum(isinstance(result, Joined) for result in results) == 1
    assert len(await town.registered("amy")) == 1


async def test_registration_writes_six_times(town: Town) -> None:
    outage = Outage()
    await town.process(outage).register(new_id(), new_id(), newcomer())
    assert outage.writes == WRITES


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after it is done"])
@pytest.mark.parametrize("at", range(WRITES), ids=["claim", "credentials", "key", "append", "confirm", "session"])
async def test_a_retry_after_any_failure_is_the_same_account(town: Town, at: int, after: bool) -> None:
    account, event = new_id(), new_id()
    with pytest.raises((VaultUnavailable, LogUnavailable)):
        await town.process(Outage(at, after=after)).register(account, event, newcomer())
    joined = await town.process().register(account, event, newcomer())
    assert isinstance(joined, Joined)
    assert set(await town.registered("amy")) == {account}
    signed_in = await town.process().sign_in("amy", "correct horse", HERE)
    assert isinstance(signed_in, SignedIn)


async def test_a_retry_registers_at_the_moment_of_the_first_try(town: Town) -> None:
    account, event = new_id(), new_id()
    for _ in range(2):
        await town.process().register(account, event, newcomer())
    first, copy = await town.records("accounts")
    assert (copy.key, copy.value, copy.headers) == (first.key, first.value, first.headers)
    assert decode_envelope(first.headers).time == moment_of(account)


@pytest.mark.parametrize("at", range(1, 4), ids=["credentials", "key", "append"])
async def test_a_handle_that_was_only_claimed_is_free_again_after_the_lease(town: Town, clock: Clock, at: int) -> None:
    with pytest.raises((VaultUnavailable, LogUnavailable)):
        await town.process(Outage(at)).register(new_id(), new_id(), newcomer())
    assert kind_of(await town.process().register(new_id(), new_id(), newcomer())) == HANDLE_TAKEN
    clock.ahead = LEASE + 1
    assert isinstance(await town.process().register(new_id(), new_id(), newcomer()), Joined)
    assert len(await town.registered("amy")) == 1


async def test_a_confirmed_handle_outlives_the_lease(town: Town, clock: Clock) -> None:
    await town.process().register(new_id(), new_id(), newcomer())
    clock.ahead = 2 * LEASE
    assert kind_of(await town.process().register(new_id(), new_id(), newcomer())) == HANDLE_TAKEN


@pytest.mark.parametrize(("at", "after"), [(3, True), (4, False)], ids=["append", "confirm"])
async def test_a_handle_that_is_registered_but_not_confirmed_is_nobody_elses_after_the_lease(
    town: Town, clock: Clock, at: int, after: bool
) -> None:
    first = new_id()
    with pytest.raises((VaultUnavailable, LogUnavailable)):
        await town.process(Outage(at, after=after)).register(first, new_id(), newcomer())
    await town.catches_up()
    clock.ahead = LEASE + 1
    assert kind_of(await town.process().register(new_id(), new_id(), newcomer())) == HANDLE_TAKEN
    assert await town.registered("amy") == [first]


@pytest.mark.parametrize("passed", [0.0, LEASE + 1], ids=["within the lease", "after the lease"])
@pytest.mark.parametrize(("at", "after"), [(3, True), (4, False)], ids=["append", "confirm"])
async def test_whose_registration_died_before_it_was_confirmed_can_sign_in_all_the_same(
    town: Town, clock: Clock, at: int, after: bool, passed: float
) -> None:
    first = new_id()
    with pytest.raises((VaultUnavailable, LogUnavailable)):
        await town.process(Outage(at, after=after)).register(first, new_id(), newcomer())
    await town.catches_up()
    clock.ahead = passed
    signed_in = await town.process().sign_in("amy", "correct horse", HERE)
    assert isinstance(signed_in, SignedIn)
    assert signed_in.account == first
    assert await Handles(town.vault).owner_of("amy") == first


async def test_a_handle_that_somebody_else_reserves_again_is_not_its_accounts_until_the_lease_is_over(
    town: Town, clock: Clock
) -> None:
    first = new_id()
    with pytest.raises(VaultUnavailable):
        await town.process(Outage(4)).register(first, new_id(), newcomer())
    clock.ahead = LEASE + 1
    with pytest.raises(VaultUnavailable):
        await town.process(Outage(1)).register(new_id(), new_id(), newcomer())
    await town.catches_up()
    assert kind_of(await town.process().sign_in("amy", "correct horse", HERE)) == BAD_CREDENTIALS
    clock.ahead += LEASE + 1
    assert isinstance(await town.process().sign_in("amy", "correct horse", HERE), SignedIn)


async def test_whoever_lost_the_lease_while_the_fold_was_behind_is_told_that_the_handle_is_taken(
    town: Town, clock: Clock
) -> None:
    slow, event = new_id(), new_id()
    with pytest.raises(VaultUnavailable):
        await town.process(Outage(4)).register(slow, event, newcomer())
    clock.ahead = LEASE + 1
    assert isinstance(await town.process().register(new_id(), new_id(), newcomer()), Joined)
    assert kind_of(await town.process().register(slow, event, newcomer())) == HANDLE_TAKEN


async def test_whose_registration_outlasts_the_lease_keeps_the_handle_if_nobody_else_came(
    town: Town, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands, account = town.process(), new_id()
    publish = commands._publisher.publish

    async def late(*told: Any, **options: Any) -> Published:
        published = await publish(*told, **options)
        clock.ahead += LEASE + 1
        return published

    monkeypatch.setattr(commands._publisher, "publish", late)
    assert isinstance(await commands.register(account, new_id(), newcomer()), Joined)
    signed_in = await town.process().sign_in("amy", "correct horse", HERE)
    assert isinstance(signed_in, SignedIn)
    assert signed_in.account == account


async def test_nobody_signs_in_to_an_account_that_is_not_confirmed(town: Town) -> None:
    with pytest.raises(LogUnavailable):
        await town.process(Outage(3)).register(new_id(), new_id(), newcomer())
    assert kind_of(await town.process().sign_in("amy", "correct horse", HERE)) == BAD_CREDENTIALS


async def test_a_late_retry_does_not_bring_an_old_password_back(town: Town) -> None:
    account, event = new_id(), new_id()
    await town.process().register(account, event, newcomer())
    changed = await Passwords().hash("another one")
    await town.vault.put(CREDENTIALS, str(account), changed.encode())
    assert isinstance(await town.process().register(account, event, newcomer()), Joined)
    assert isinstance(await town.process().sign_in("amy", "another one", HERE), SignedIn)

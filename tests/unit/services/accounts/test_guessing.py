"""Guessing passwords is slow, from one network and from many, and keeps out nobody who knows theirs."""

from types import SimpleNamespace

import pytest

from libs.events import new_id
from libs.http.kinds import TOO_MANY
from libs.http.problems import Problem
from libs.vault import VaultUnavailable
from services.accounts.commands import AccountCommands, SignedIn
from services.accounts.guesses import FROM_ANYWHERE, FROM_HERE, Guesses
from services.accounts.problems import BAD_CREDENTIALS
from tests.unit.services.accounts.town import HERE, Town, done, kind_of, newcomer

ELSEWHERE = "198.51.100.7"
NETWORKS = FROM_ANYWHERE.amount // FROM_HERE.amount


@pytest.fixture(autouse=True)
def standing_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows slide by the clock: tests would count less near their edge."""
    monkeypatch.setattr("libs.http.windows.time", lambda: 900.0 * 1_000_000)
    monkeypatch.setattr("limits.strategies.time", SimpleNamespace(time=lambda: 900.0 * 1_000_000))


@pytest.fixture
async def commands(town: Town) -> AccountCommands:
    """A process where amy has joined."""
    commands = town.process(guesses=Guesses())
    done(await commands.register(new_id(), new_id(), newcomer()))
    return commands


async def wrong(commands: AccountCommands, times: int, network: str = HERE, handle: str = "amy") -> None:
    for _ in range(times):
        assert kind_of(await commands.sign_in(handle, "wrong", network)) == BAD_CREDENTIALS


async def refusal(commands: AccountCommands, network: str = HERE, handle: str = "amy") -> Problem:
    with pytest.raises(Problem) as refused:
        await commands.sign_in(handle, "correct horse", network)
    return refused.value


async def attack_from_many_networks(commands: AccountCommands) -> list[str]:
    networks = [f"203.0.113.{number}" for number in range(NETWORKS)]
    for network in networks:
        await wrong(commands, FROM_HERE.amount, network)
    return networks


async def test_after_ten_wrong_passwords_a_network_waits_even_with_the_right_one(commands: AccountCommands) -> None:
    await wrong(commands, FROM_HERE.amount)
    refused = await refusal(commands)
    assert refused.kind == TOO_MANY
    assert 1 <= int(refused.headers["Retry-After"]) <= 2 * 900


async def test_a_handle_that_nobody_has_gets_the_same_answers(commands: AccountCommands) -> None:
    for handle in ("amy", "nobody"):
        await wrong(commands, FROM_HERE.amount, handle=handle)
    assert await refusal(commands) == await refusal(commands, handle="nobody")


async def test_others_are_not_kept_out_by_one_network_that_guesses(commands: AccountCommands) -> None:
    await wrong(commands, FROM_HERE.amount)
    assert isinstance(await commands.sign_in("amy", "correct horse", ELSEWHERE), SignedIn)


async def test_under_attack_from_many_networks_each_has_one_guess(commands: AccountCommands) -> None:
    await attack_from_many_networks(commands)
    await wrong(commands, 1, "203.0.113.200")
    assert (await refusal(commands, "203.0.113.200")).kind == TOO_MANY


async def test_under_attack_from_many_networks_the_right_password_from_another_signs_in(
    commands: AccountCommands,
) -> None:
    await attack_from_many_networks(commands)
    for _ in range(3):
        assert isinstance(await commands.sign_in("amy", "correct horse", ELSEWHERE), SignedIn)


async def test_who_signs_in_begins_anew(commands: AccountCommands) -> None:
    for _ in range(3):
        await wrong(commands, FROM_HERE.amount - 1)
        assert isinstance(await commands.sign_in("amy", "correct horse", HERE), SignedIn)


async def test_handles_are_counted_each_for_itself(commands: AccountCommands) -> None:
    await wrong(commands, FROM_HERE.amount, handle="nobody")
    assert isinstance(await commands.sign_in("amy", "correct horse", HERE), SignedIn)


async def test_a_try_that_could_not_be_looked_at_is_not_counted(
    commands: AccountCommands, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(kind: str, key: str) -> None:
        raise VaultUnavailable("away")

    with monkeypatch.context() as broken:
        broken.setattr(town.vault, "get", away)
        for _ in range(2 * FROM_HERE.amount):
            with pytest.raises(VaultUnavailable):
                await commands.sign_in("amy", "correct horse", HERE)
    assert isinstance(await commands.sign_in("amy", "correct horse", HERE), SignedIn)


async def test_right_passwords_do_not_use_up_the_count_of_an_attack(commands: AccountCommands) -> None:
    networks = await attack_from_many_networks(commands)
    for _ in range(3):
        assert isinstance(await commands.sign_in("amy", "correct horse", ELSEWHERE), SignedIn)
    await wrong(commands, 1, "203.0.113.201")
    assert (await refusal(commands, "203.0.113.201")).kind == TOO_MANY
    assert (await refusal(commands, networks[0])).kind == TOO_MANY

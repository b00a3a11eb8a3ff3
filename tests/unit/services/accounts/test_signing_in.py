"""Signing in: argon2id, the same answer for whatever is wrong, hashes that grow stronger with use."""

from argon2 import PasswordHasher

from libs.events import new_id
from services.accounts.commands import CREDENTIALS, SignedIn
from services.accounts.handles import Handles
from services.accounts.passwords import Passwords
from services.accounts.problems import BAD_CREDENTIALS, SESSION_OVER
from tests.unit.services.accounts.town import HERE, Town, done, kind_of, newcomer


async def test_a_wrong_password_and_an_unknown_handle_get_the_same_answer(town: Town) -> None:
    done(await town.process().register(new_id(), new_id(), newcomer()))
    wrong = await town.process().sign_in("amy", "wrong", HERE)
    assert kind_of(wrong) == BAD_CREDENTIALS
    assert wrong == await town.process().sign_in("nobody", "correct horse", HERE)


async def test_a_refresh_token_is_spent_for_a_session_and_no_more_afterwards(town: Town) -> None:
    done(await town.process().register(new_id(), new_id(), newcomer()))
    signed_in = await town.process().sign_in("amy", "correct horse", HERE)
    assert isinstance(signed_in, SignedIn)
    renewed = await town.process().renew(signed_in.refresh_token)
    assert isinstance(renewed, SignedIn)
    await town.process().sign_out(renewed.refresh_token)
    assert kind_of(await town.process().renew(renewed.refresh_token)) == SESSION_OVER


async def test_a_hash_with_weaker_parameters_is_replaced_at_the_next_sign_in(town: Town) -> None:
    account = new_id()
    done(await town.process().register(account, new_id(), newcomer()))
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse")
    await town.vault.put(CREDENTIALS, str(account), weak.encode())
    done(await town.process().sign_in("amy", "correct horse", HERE))
    item = await town.vault.get(CREDENTIALS, str(account))
    assert item is not None
    assert not Passwords().outdated(item.value.decode())
    done(await town.process().sign_in("amy", "correct horse", HERE))


async def test_a_hash_is_argon2id_with_its_parameters_and_salted() -> None:
    passwords = Passwords()
    first, second = await passwords.hash("x" * 8), await passwords.hash("x" * 8)
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert await passwords.verify("x" * 8, first)
    assert not await passwords.verify("y" * 8, first)


async def test_without_a_hash_no_password_fits() -> None:
    assert not await Passwords().verify("nobody's password", None)


async def test_whose_handle_it_is_is_remembered_without_asking_again(town: Town) -> None:
    account = new_id()
    handles = Handles(town.vault)
    assert await handles.claim("amy", account)
    assert await handles.owner_of("amy") is None
    assert await handles.confirm("amy", account)
    assert await handles.owner_of("amy") == account
    await town.vault.delete("handle", "amy")
    assert await handles.owner_of("amy") == account

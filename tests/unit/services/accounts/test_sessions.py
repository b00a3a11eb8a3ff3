"""A session is a family of refresh tokens, each good once."""

import asyncio

import pytest

from libs.events import new_id
from services.accounts.sessions import LIFETIME, Sessions
from tests.unit.services.accounts.town import Clock, Town

ACCOUNT = new_id()


@pytest.fixture
def sessions(town: Town) -> Sessions:
    return Sessions(town.vault)


async def test_a_token_is_spent_for_the_next_one(sessions: Sessions) -> None:
    first = await sessions.begin(ACCOUNT)
    renewed = await sessions.renew(first)
    assert renewed is not None
    account, second = renewed
    assert account == ACCOUNT
    assert second != first
    assert await sessions.renew(second) is not None


async def test_whoever_shows_a_spent_token_ends_the_whole_family(sessions: Sessions) -> None:
    first = await sessions.begin(ACCOUNT)
    renewed = await sessions.renew(first)
    assert renewed is not None
    assert await sessions.renew(first) is None
    assert await sessions.renew(renewed[1]) is None


async def test_of_those_who_spend_one_token_at_once_at_most_one_gets_the_next(sessions: Sessions) -> None:
    first = await sessions.begin(ACCOUNT)
    results = await asyncio.gather(*(sessions.renew(first) for _ in range(5)))
    assert sum(result is not None for result in results) <= 1
    for result in results:
        assert result is None or await sessions.renew(result[1]) is None, "the family must be over"


async def test_other_sessions_of_the_account_go_on(sessions: Sessions) -> None:
    phone, laptop = await sessions.begin(ACCOUNT), await sessions.begin(ACCOUNT)
    await sessions.renew(phone)
    assert await sessions.renew(phone) is None
    assert await sessions.renew(laptop) is not None


async def test_signing_out_ends_the_session(sessions: Sessions) -> None:
    token = await sessions.begin(ACCOUNT)
    await sessions.end(token)
    assert await sessions.renew(token) is None


async def test_only_who_holds_the_good_token_can_sign_out(sessions: Sessions) -> None:
    token = await sessions.begin(ACCOUNT)
    await sessions.end(token.partition(".")[0] + ".guessed")
    assert await sessions.renew(token) is not None


async def test_a_session_that_is_not_used_for_thirty_days_is_over(sessions: Sessions, clock: Clock) -> None:
    token = await sessions.begin(ACCOUNT)
    clock.ahead = LIFETIME + 1
    assert await sessions.renew(token) is None


async def test_every_use_makes_it_last_again(sessions: Sessions, clock: Clock) -> None:
    renewed = await sessions.renew(await sessions.begin(ACCOUNT))
    for _ in range(3):
        assert renewed is not None
        clock.ahead += LIFETIME - 1
        renewed = await sessions.renew(renewed[1])
    assert renewed is not None


@pytest.mark.parametrize("token", ["", ".", "nonsense", "a.b.c", "\x00.\x00"])
async def test_nonsense_is_no_token(sessions: Sessions, token: str) -> None:
    assert await sessions.renew(token) is None
    await sessions.end(token)


async def test_the_vault_never_holds_a_token(town: Town, sessions: Sessions) -> None:
    family, _, secret = (await sessions.begin(ACCOUNT)).partition(".")
    item = await town.vault.get("session", family)
    assert item is not None
    assert secret.encode() not in item.value

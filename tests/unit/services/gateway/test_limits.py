"""How often someone may come."""

from uuid import uuid4

import pytest

from libs.http import Rate
from services.gateway.limits import Limits, LimitSettings
from tests.unit.services.gateway.conftest import Client, Open


def limits(**settings: str) -> Limits:
    return Limits(LimitSettings(**settings))


async def status(client: Client, path: str = "/v1/whoami", **headers: str) -> int:
    async with client.get(path, headers=headers) as answer:
        return answer.status


async def test_one_too_many_from_an_address_is_429_and_says_when_to_come_back(open_client: Open) -> None:
    client = await open_client(limits=limits(per_address="3/minute"))
    assert [await status(client) for _ in range(3)] == [200, 200, 200]
    async with client.get("/v1/whoami") as answer:
        assert answer.status == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert (await answer.json(content_type=None))["code"] == "too-many-requests"


async def test_accounts_are_counted_each_for_itself(open_client: Open, signed_in: dict[str, str]) -> None:
    client = await open_client(limits=limits(per_account="2/minute"))
    assert [await status(client, **signed_in) for _ in range(3)] == [200, 200, 429]
    assert await status(client) == 200


async def test_sign_in_has_a_stricter_limit_of_its_own(open_client: Open) -> None:
    client = await open_client(limits=limits(strict_per_address="1/minute"))
    found = []
    for _ in range(2):
        async with client.post("/v1/entries", json={"text": "a"}) as answer:
            found.append(answer.status)
    assert found == [204, 429]
    assert await status(client) == 200


async def test_guessing_tokens_is_counted_too(open_client: Open) -> None:
    client = await open_client(limits=limits(per_address="2/minute"))
    assert [await status(client, Authorization="Bearer x") for _ in range(3)] == [401, 401, 429]


async def test_behind_proxies_of_ours_the_client_is_whom_the_outermost_saw(open_client: Open) -> None:
    client = await open_client(limits=limits(per_address="1/minute"), trusted_proxies=1)
    forwarded = ["1.1.1.1", "spoofed, 2.2.2.2", "1.1.1.1, 2.2.2.2"]
    assert [await status(client, **{"X-Forwarded-For": value}) for value in forwarded] == [200, 200, 429]


async def test_without_proxies_nobody_can_claim_another_address(open_client: Open) -> None:
    client = await open_client(limits=limits(per_address="1/minute"))
    assert [await status(client, **{"X-Forwarded-For": value}) for value in ("1.1.1.1", "2.2.2.2")] == [200, 429]


async def test_without_limits_nobody_is_counted(client: Client) -> None:
    assert {await status(client) for _ in range(100)} == {200}


def test_a_limit_that_cannot_be_read_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="many"):
        limits(per_address="many")


def test_strangers_and_accounts_never_share_a_counter() -> None:
    account = uuid4()
    strict = limits(per_address="1/minute", per_account="1/minute")
    strict.count_network(account.hex, Rate.NORMAL)
    strict.count_account(account)

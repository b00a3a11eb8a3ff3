"""Limits and proxies are what the settings say, in the gateway as it is composed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from qiao import migration
from qiao.gateway import gateway_server
from qiao.settings import load
from qiao.stores import open_stores

Ask = Callable[..., Awaitable[int]]
NEWCOMER = {"handle": "amy", "password": "a good password", "display_name": "Amy", "reads": ["en"], "writes": "en"}
Open = Callable[..., Awaitable[Ask]]


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Open]:
    """Opens a gateway with these settings; the answer asks it, as whoever joined last, and tells the status."""
    async with AsyncExitStack() as stack:

        async def open_(**given: str) -> Ask:
            settings = load({"QIAO_DATA": str(tmp_path), "QIAO_LISTEN": "127.0.0.1:0", **given})
            stores = await stack.enter_async_context(open_stores(settings))
            await migration.migrate(stores, settings)
            server = gateway_server(settings, stores)
            await server.start()
            stack.push_async_callback(server.drain)
            session = await stack.enter_async_context(ClientSession(f"http://127.0.0.1:{server.port}"))

            async def ask(method: str, path: str, *, headers: Any = None, json: Any = None) -> int:
                async with session.request(method, path, headers=headers, json=json) as answer:
                    body = await answer.json(content_type=None) if answer.status == 201 else {}
                    session.headers.update({"Authorization": f"Bearer {body['access_token']}"} if body else {})
                    return answer.status

            return ask

        yield open_


async def test_the_limit_per_address_is_the_settings(gateway: Open) -> None:
    ask = await gateway(QIAO_LIMIT_PER_ADDRESS="2/hour")
    assert [await ask("GET", "/v1/topics/a/posts") for _ in range(3)] == [200, 200, 429]


async def test_the_limit_of_sign_ins_is_the_settings(gateway: Open) -> None:
    ask = await gateway(QIAO_LIMIT_STRICT_PER_ADDRESS="1/hour")
    body = {"handle": "nobody", "password": "x"}
    assert [await ask("POST", "/v1/sessions", json=body) for _ in range(2)] == [401, 429]


@pytest.mark.parametrize(("limits", "last"), [("on", 429), ("off", 401)])
async def test_wrong_passwords_for_one_handle_are_limited(gateway: Open, limits: str, last: int) -> None:
    ask = await gateway(QIAO_RATE_LIMITS=limits)
    body = {"handle": "nobody", "password": "x"}
    # Two windows' worth: the clock may pass from one to the next meanwhile.
    assert [await ask("POST", "/v1/sessions", json=body) for _ in range(21)][-1] == last


async def test_the_limit_per_account_is_the_settings(gateway: Open) -> None:
    ask = await gateway(QIAO_LIMIT_PER_ACCOUNT="1/hour")
    assert await ask("POST", "/v1/accounts", json=NEWCOMER) == 201
    assert [await ask("GET", "/v1/home") for _ in range(2)] == [200, 429]


async def test_behind_as_many_proxies_as_the_settings_say_clients_are_told_apart(gateway: Open) -> None:
    ask = await gateway(QIAO_LIMIT_PER_ADDRESS="1/hour", QIAO_TRUSTED_PROXIES="2")
    forwarded = ("192.0.2.1, 10.0.0.1", "192.0.2.2, 10.0.0.1", "spoofed, 192.0.2.1, 10.0.0.1")
    found = [await ask("GET", "/v1/topics/a/posts", headers={"X-Forwarded-For": value}) for value in forwarded]
    assert found == [200, 200, 429]


async def test_switched_off_nobody_is_limited(gateway: Open) -> None:
    ask = await gateway(QIAO_LIMIT_PER_ADDRESS="1/hour", QIAO_RATE_LIMITS="off")
    assert [await ask("GET", "/v1/topics/a/posts") for _ in range(3)] == [200] * 3

"""A gateway over the tiny service of `notes`, with a real vault."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer

from libs.http import Cursors, Positions, Tokens, Waits
from libs.vault import Vault
from libs.vault.sqlite import open_vault
from services.gateway.app import build_app
from services.gateway.health import Lifecycle
from services.gateway.idempotency import Idempotency
from services.gateway.parts import Parts
from tests.unit.services.gateway.notes import Notes, routes, trouble

Client = TestClient[Any, Any]
Open = Callable[..., Awaitable[Client]]

SECRET = b"a secret of the tests, 32 bytes."


@pytest.fixture
def notes() -> Notes:
    """The service."""
    return Notes()


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    """A real one."""
    vault = await open_vault(tmp_path / "vault.db")
    await vault.migrate()
    yield vault
    await vault.close()


@pytest.fixture
def parts(notes: Notes, vault: Vault) -> Parts:
    """All that a gateway needs."""
    return Parts(
        routes=[*routes(notes), *trouble(notes)],
        tokens=Tokens({"k1": SECRET}),
        cursors=Cursors([SECRET]),
        positions=Positions([SECRET]),
        waits=Waits(notes, {"notes": ["notes"]}, timeout=0.1),
        idempotency=Idempotency(vault, SECRET),
        checks={},
        lifecycle=Lifecycle(),
    )


@pytest.fixture
async def open_client(parts: Parts) -> AsyncIterator[Open]:
    """Opens clients of gateways with other parts."""
    opened: list[Client] = []

    async def open_(**changed: Any) -> Client:
        client: Client = TestClient(TestServer(build_app(msgspec.structs.replace(parts, **changed))))
        opened.append(client)
        await client.start_server()
        return client

    yield open_
    for client in opened:
        await client.close()


@pytest.fixture
async def client(open_client: Open) -> Client:
    """A client of the usual gateway."""
    return await open_client()


@pytest.fixture
def account() -> UUID:
    """Who asks, when someone is signed in."""
    return uuid4()


@pytest.fixture
def signed_in(parts: Parts, account: UUID) -> dict[str, str]:
    """The headers of a request by `account`."""
    return {"Authorization": f"Bearer {parts.tokens.issue(account)}"}

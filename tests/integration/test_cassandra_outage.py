"""Cassandra comes late, goes and comes back: callers are told "later", and nothing acknowledged is lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from libs.cassandra import CassandraSession, CassandraSettings, CassandraUnavailable, connect
from libs.vault import VaultUnavailable
from libs.vault.cassandra import open_vault
from libs.views import Put, Table, ViewsUnavailable, asc
from libs.views.cassandra import open_views
from qiao.servers import CassandraServer
from qiao.servers.ports import free_port
from tests.waiting import eventually

pytestmark = pytest.mark.servers


class Row(msgspec.Struct, frozen=True):
    id: UUID
    number: int


TABLE = Table("test.rows", Row, partition=["id"], clustering=[asc("number")])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CassandraServer]:
    server = CassandraServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture
async def session(server: CassandraServer) -> AsyncIterator[CassandraSession]:
    """Begins to connect before the server is there."""
    settings = CassandraSettings.parse(f"cassandra://{server.address}/outage")
    connecting = asyncio.create_task(connect(settings, timeout=180))
    await asyncio.to_thread(lambda: server.start().wait_ready(150))
    session = await connecting
    yield session
    await session.close()


@pytest.mark.timeout(400)  # two starts of Cassandra, on a machine that may be busy
async def test_an_outage_costs_nothing_that_was_acknowledged(
    server: CassandraServer, session: CassandraSession
) -> None:
    views, vault, book = open_views(session), open_vault(session), uuid4()
    await views.migrate([TABLE])
    await vault.migrate()
    await views.write([Put(TABLE, Row(book, n), 1) for n in range(300)])
    claimed = await vault.claim("handle", "mimi", "me", b"", lease=3600)

    await asyncio.to_thread(server.kill)
    with pytest.raises(ViewsUnavailable):
        await views.write([Put(TABLE, Row(book, n), 1) for n in range(300, 600)])
    with pytest.raises(ViewsUnavailable):
        await views.get(TABLE, book, 1)
    with pytest.raises(VaultUnavailable):
        await vault.claim("handle", "mimi", "they", b"", lease=3600)
    asked = time.monotonic()
    assert not await views.healthy()
    assert not await vault.healthy()
    assert time.monotonic() - asked < 2.5

    await asyncio.to_thread(lambda: server.restart(150))
    await eventually(views.healthy, timeout=60)
    await views.write([Put(TABLE, Row(book, n), 1) for n in range(300, 600)])
    assert [row.number for row in await views.scan(TABLE, (book,), limit=1_000)] == list(range(600))
    assert await vault.claim("handle", "mimi", "they", b"", lease=3600) == claimed


async def test_who_cannot_be_reached_is_unavailable_in_time() -> None:
    began = time.monotonic()
    with pytest.raises(CassandraUnavailable, match="refused"):
        await connect(CassandraSettings.parse(f"cassandra://127.0.0.1:{free_port()}/any"), timeout=1.0)
    assert time.monotonic() - began < 10

"""A Cassandra whose every node came back at another address, as after a restart in containers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from libs.cassandra import CassandraSettings, CassandraUnavailable, connect
from tests.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.timeout(60)]
NAME = "cassandra.qiao.test"
BEFORE, AFTER = "127.0.0.2", "127.0.0.3"


class Names:
    """What NAME resolves to."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._resolve = socket.getaddrinfo

    def getaddrinfo(self, host: str, *arguments: Any, **options: Any) -> Sequence[Any]:
        return self._resolve(self.address if host == NAME else host, *arguments, **options)


@asynccontextmanager
async def standing_at(address: str, cassandra: str) -> AsyncIterator[None]:
    """The node answers at this address meanwhile, and is gone from there afterwards."""
    host, port = cassandra.split(":")
    pipes: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pipes.add(task) if (task := asyncio.current_task()) else None
        there, back = await asyncio.open_connection(host, int(port))
        try:
            await asyncio.gather(copy(reader, back), copy(there, writer))
        finally:
            back.close()
            writer.close()

    server = await asyncio.start_server(serve, address, int(port))
    try:
        yield
    finally:
        server.close()
        for pipe in pipes:
            pipe.cancel()
        await asyncio.gather(*pipes, return_exceptions=True)


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


async def test_it_is_found_again_by_its_name(cassandra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(BEFORE)
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    port = cassandra.split(":")[1]
    async with standing_at(BEFORE, cassandra):
        session = await connect(CassandraSettings.parse(f"cassandra://{NAME}:{port}/any"))
        assert await session.local_datacenter()
    try:
        names.address = AFTER
        with pytest.raises(CassandraUnavailable):
            await session.local_datacenter()
        async with standing_at(AFTER, cassandra):
            assert await eventually(lambda: answered(session), 30)
            await session.close()
    finally:
        await session.close()


async def answered(session: Any) -> bool:
    try:
        return bool(await session.local_datacenter())
    except CassandraUnavailable:
        return False

"""One Kafka and one Cassandra for the whole run, started when the first figure needs them."""

import asyncio
import os
import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

from qiao.servers import CassandraServer, KafkaServer
from qiao.servers.process import LocalServer
from qiao.settings import Settings


class Addresses(NamedTuple):
    """host:port of each."""

    kafka: str
    cassandra: str


async def start_servers(directory: Path, stack: AsyncExitStack) -> Addresses:
    """Start both; `stack` stops them. QIAO_TEST_KAFKA and QIAO_TEST_CASSANDRA name running ones to use instead.

    Raises ServersError where they cannot be had.
    """
    running = os.environ.get("QIAO_TEST_KAFKA"), os.environ.get("QIAO_TEST_CASSANDRA")
    if running[0] and running[1]:
        return Addresses(running[0], running[1])
    servers: list[LocalServer] = [
        KafkaServer(directory / "kafka"),
        CassandraServer(directory / "cassandra", sync_every_write=False),
    ]
    for server in servers:
        stack.push_async_callback(asyncio.to_thread, server.stop)
        await asyncio.to_thread(server.start)
    for server in servers:
        await asyncio.to_thread(server.wait_ready)
    return Addresses(servers[0].address, servers[1].address)


def new_settings(addresses: Addresses, directory: Path, listen: str) -> Settings:
    """Settings on the servers, with a keyspace and secrets of their own."""
    return Settings(
        data=str(directory),
        listen=listen,
        log=f"kafka://{addresses.kafka}",
        views=f"cassandra://{addresses.cassandra}/bench_{secrets.token_hex(4)}",
        secret=secrets.token_hex(32),
        master_key=secrets.token_hex(32),
        instance="bench",
        rate_limits="off",
        log_level="warning",
    )


def environment(settings: Settings) -> dict[str, str]:
    """The same settings for a process: only what differs from the defaults."""
    defaults = Settings()
    names = [name for name in settings.__struct_fields__ if getattr(settings, name) != getattr(defaults, name)]
    return {f"QIAO_{name.upper()}": str(getattr(settings, name)) for name in names}

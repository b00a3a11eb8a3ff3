"""A plain session of the driver, and the product's tables by the names that they have in Cassandra."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from cassandra.cluster import Cluster, Session
from cassandra.query import PreparedStatement

from libs.cassandra import CassandraSettings
from libs.views import Table
from libs.views.cassandra.statements import qualified


@asynccontextmanager
async def bare_session(views: str) -> AsyncIterator[Session]:
    """A session on the servers that the URL names (see QIAO_VIEWS)."""
    settings = CassandraSettings.parse(views)
    nodelay = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    cluster = Cluster(list(settings.hosts), port=settings.port, protocol_version=5, sockopts=[nodelay])
    try:
        yield await asyncio.to_thread(cluster.connect, settings.keyspace)
    finally:
        await asyncio.to_thread(cluster.shutdown)


async def prepare_insert(
    session: Session, table: Table[msgspec.Struct], *, expiring: bool = False
) -> PreparedStatement:
    """An INSERT of every column in order, then the stamp and, where asked for, the time to live."""
    columns = ", ".join(table.columns)
    marks = ", ".join("?" for _ in table.columns)
    using = "USING TIMESTAMP ? AND TTL ?" if expiring else "USING TIMESTAMP ?"
    text = f"INSERT INTO {qualified(session.keyspace, table.name)} ({columns}) VALUES ({marks}) {using}"
    return await asyncio.to_thread(session.prepare, text)

"""Changing a keyspace's schema, one migration at a time."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

from libs.cassandra.errors import CassandraUnavailable
from libs.cassandra.session import CassandraSession
from libs.cassandra.statements import Statement, Use

LOCK_SECONDS = 120
"""How long a migration that died keeps others out: several times as long as one change of the schema may take."""

LOCK_WAIT = 150.0
LOCK_PAUSE = 0.2

Keep = Callable[[], Awaitable[None]]
"""Holds the lock for another LOCK_SECONDS. Raises CassandraUnavailable where it is lost: then change nothing more."""

_NAME = b"migration"


async def create_keyspace(session: CassandraSession) -> None:
    """Create the session's keyspace if it is missing; an existing one keeps its replication."""
    settings = session.settings
    datacenter = settings.datacenter or await session.local_datacenter()
    await session.change_schema(
        f"CREATE KEYSPACE IF NOT EXISTS {settings.keyspace} WITH replication = "
        f"{{'class': 'NetworkTopologyStrategy', '{datacenter}': {settings.replication}}}"
    )


@asynccontextmanager
async def only_migration(session: CassandraSession) -> AsyncIterator[Keep]:
    """Creates the keyspace and holds its lock meanwhile: changes of the schema from two sides do not mix.

    Yields what is awaited before each of many changes. Raises CassandraUnavailable where another migration does not
    end.
    """
    await create_keyspace(session)
    locks = f"{session.settings.keyspace}.schema_locks"
    await session.change_schema(f"CREATE TABLE IF NOT EXISTS {locks} (name text PRIMARY KEY, owner uuid)")
    owner = uuid4().bytes
    await _acquire(session, locks, owner)
    try:
        yield lambda: _keep(session, locks, owner)
    finally:
        release = await session.prepare(f"DELETE FROM {locks} WHERE name = ? IF owner = ?", use=Use.CONDITION)  # noqa: S608
        await session.execute(Statement(release, [_NAME, owner]))


async def _acquire(session: CassandraSession, locks: str, owner: bytes) -> None:
    text = f"INSERT INTO {locks} (name, owner) VALUES (?, ?) IF NOT EXISTS USING TTL {LOCK_SECONDS}"  # noqa: S608
    acquire = await session.prepare(text, use=Use.CONDITION)
    deadline = time.monotonic() + LOCK_WAIT
    while not (await session.execute(Statement(acquire, [_NAME, owner])))[0][0]:
        if time.monotonic() > deadline:
            raise CassandraUnavailable("cassandra: another migration holds the lock")
        await asyncio.sleep(LOCK_PAUSE)


async def _keep(session: CassandraSession, locks: str, owner: bytes) -> None:
    text = f"UPDATE {locks} USING TTL {LOCK_SECONDS} SET owner = ? WHERE name = ? IF owner = ?"  # noqa: S608
    keep = await session.prepare(text, use=Use.CONDITION)
    if not (await session.execute(Statement(keep, [owner, _NAME, owner])))[0][0]:
        raise CassandraUnavailable("cassandra: the lock ran out, another migration may hold it: migrate again")

"""One driver for the whole test session: connecting takes longer than most tests."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from libs.cassandra import CassandraSession, CassandraSettings
from libs.cassandra.connecting import new_cluster

OpenSession = Callable[[str], CassandraSession]
"""A session for a keyspace, on the running event loop. It is not to be closed."""


@pytest.fixture(scope="session")
def open_session(cassandra: str) -> Iterator[OpenSession]:
    cluster, driver = new_cluster(CassandraSettings.parse(f"cassandra://{cassandra}/any"))

    def open_(keyspace: str) -> CassandraSession:
        return CassandraSession(CassandraSettings.parse(f"cassandra://{cassandra}/{keyspace}"), cluster, driver)

    yield open_
    cluster.shutdown()


def run_beside(coroutine: Coroutine[object, object, None]) -> None:
    """For fixtures that outlive an event loop: runs it on a loop of its own while this thread waits."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, coroutine).result()


def drop_keyspace(open_session: OpenSession, keyspace: str) -> None:
    """With all tables in it."""

    async def drop() -> None:
        await open_session(keyspace).change_schema(f"DROP KEYSPACE IF EXISTS {keyspace}")

    run_beside(drop())

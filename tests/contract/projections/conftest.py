"""The toy projection over both pairs of twins: SQLite files, or a real Kafka and a real Cassandra."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

import libs.log.kafka
import libs.views.cassandra
from libs.log import Log, TopicSpec
from libs.log.embedded import open_log
from libs.log.kafka import KafkaSettings
from libs.projections import SYSTEM_TABLES
from libs.vault.epochs import register
from libs.vault.sqlite import open_vault
from libs.views import Views
from libs.views.sqlite import open_views
from tests.contract.cassandra import OpenSession
from tests.contract.projections.prefixed import PrefixedLog
from tests.unit.libs.projections.lab import Lab
from tests.unit.libs.projections.toy import TABLES

OpenStores = Callable[[], Awaitable[tuple[Log, Views]]]

PARTITIONS = 4
SESSION_TIMEOUT = 6.0


@pytest.fixture(params=["embedded", pytest.param("servers", marks=pytest.mark.servers)])
def twins(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def open_stores(twins: str, request: pytest.FixtureRequest, tmp_path: Path) -> OpenStores:
    """Opens log and views of one pair. Not async: a server that is started here blocks."""
    if twins == "embedded":
        return lambda: _embedded(tmp_path)
    settings = KafkaSettings(bootstrap=request.getfixturevalue("kafka"), session_timeout_s=SESSION_TIMEOUT)
    open_session: OpenSession = request.getfixturevalue("open_session")
    keyspace: str = request.getfixturevalue("keyspace")
    return lambda: _on_servers(settings, open_session, keyspace)


async def _embedded(directory: Path) -> tuple[Log, Views]:
    return await open_log(directory / "log.db"), await open_views(directory / "views.db")


async def _on_servers(settings: KafkaSettings, open_session: OpenSession, keyspace: str) -> tuple[Log, Views]:
    return await libs.log.kafka.open_log(settings), libs.views.cassandra.open_views(open_session(keyspace))


@pytest.fixture
async def lab(open_stores: OpenStores, tmp_path: Path, topic_prefix: str) -> AsyncIterator[Lab]:
    """Stores of this test alone; the vault is a file in both cases."""
    vault = await open_vault(tmp_path / "vault.db")
    opened, views = await open_stores()
    log = PrefixedLog(opened, topic_prefix)
    try:
        await vault.migrate()
        await views.migrate([*SYSTEM_TABLES, *TABLES])
        await log.create([TopicSpec("posts", 1), TopicSpec("reactions", PARTITIONS)])
        for name, info in (await log.topics()).items():
            await register(vault, name, info.id)
        yield Lab(tmp_path, log, views, vault)
    finally:
        await log.close()
        await views.close()
        await vault.close()

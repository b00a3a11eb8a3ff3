"""The twins on servers: Kafka, and one Cassandra session for views and vault."""

from contextlib import AsyncExitStack

import libs.cassandra
import libs.log.kafka
import libs.vault.cassandra
import libs.views.cassandra
from libs.cassandra import CassandraSession, CassandraSettings, CassandraUnavailable
from libs.log import Log
from libs.log.kafka import KafkaSettings
from libs.vault import Vault
from libs.views import Views, ViewsUnavailable
from qiao.settings import Settings, SettingsInvalid


async def open_on_servers(settings: Settings, stack: AsyncExitStack) -> tuple[Log, Views, Vault]:
    """Connect; `stack` closes again what was opened. Raises SettingsInvalid and what the twins raise."""
    session = await _session(settings, stack)
    vault = libs.vault.cassandra.open_vault(session)
    stack.push_async_callback(vault.close)
    views = libs.views.cassandra.open_views(session)
    stack.push_async_callback(views.close)
    log = await kafka_log(settings)
    stack.push_async_callback(log.close)
    return log, views, vault


async def open_vault(settings: Settings, stack: AsyncExitStack) -> Vault:
    """The vault alone; `stack` closes it again. Raises SettingsInvalid, ViewsUnavailable."""
    vault = libs.vault.cassandra.open_vault(await _session(settings, stack))
    stack.push_async_callback(vault.close)
    return vault


async def _session(settings: Settings, stack: AsyncExitStack) -> CassandraSession:
    try:
        session = await libs.cassandra.connect(cassandra_settings(settings))
    except CassandraUnavailable as error:
        raise ViewsUnavailable(str(error)) from error
    stack.push_async_callback(session.close)
    return session


async def kafka_log(settings: Settings, *, readonly: bool = False) -> Log:
    """The log alone. Raises SettingsInvalid, LogUnavailable."""
    return await libs.log.kafka.open_log(kafka_settings(settings), readonly=readonly)


def cassandra_settings(settings: Settings) -> CassandraSettings:
    """Raises SettingsInvalid for an address that cannot be read."""
    try:
        return CassandraSettings.parse(
            settings.views,
            datacenter=settings.cassandra_datacenter,
            replication=settings.replication,
            username=settings.cassandra_username,
            password=settings.cassandra_password,
            tls_ca=settings.cassandra_tls_ca,
        )
    except ValueError as error:
        raise SettingsInvalid(f"QIAO_VIEWS: {error}") from error


def kafka_settings(settings: Settings) -> KafkaSettings:
    """Raises SettingsInvalid for an address that cannot be read."""
    try:
        return KafkaSettings.from_url(
            settings.log,
            username=settings.kafka_username,
            password=settings.kafka_password,
            tls_ca=settings.kafka_tls_ca,
        )
    except ValueError as error:
        raise SettingsInvalid(f"QIAO_LOG: {error}") from error

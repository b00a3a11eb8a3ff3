"""The twins on servers: Kafka, and one Cassandra session for views and vault."""

import ssl
from contextlib import AsyncExitStack

import libs.cassandra
import libs.log.kafka
import libs.vault.cassandra
import libs.views.cassandra
from libs.cassandra import CassandraRefused, CassandraSession, CassandraSettings, CassandraUnavailable
from libs.log import Log
from libs.log.kafka import KafkaSettings
from libs.vault import Vault
from libs.views import Views, ViewsUnavailable
from qiao.patience import Patience
from qiao.settings import Settings, SettingsInvalid

TOOLS_WAIT = 10.0
"""Seconds that a tool waits for servers: somebody sits before it."""


async def open_on_servers(
    settings: Settings, stack: AsyncExitStack, *, beside: bool = False
) -> tuple[Log, Views, Vault]:
    """Connect, for `start_timeout` seconds; `beside` is for tools, which wait less and get a log without a
    producer. `stack` closes what was opened.

    Raises SettingsInvalid, LogUnavailable, ViewsUnavailable.
    """
    patience = Patience(TOOLS_WAIT if beside else settings.start_timeout)
    session = await _session(settings, stack, patience)
    vault = libs.vault.cassandra.open_vault(session)
    stack.push_async_callback(vault.close)
    views = libs.views.cassandra.open_views(session)
    stack.push_async_callback(views.close)
    log = await patience.reach("Kafka (QIAO_LOG)", lambda: kafka_log(settings, readonly=beside))
    stack.push_async_callback(log.close)
    return log, views, vault


async def open_vault(settings: Settings, stack: AsyncExitStack) -> Vault:
    """The vault alone; `stack` closes it again. Raises SettingsInvalid, ViewsUnavailable."""
    vault = libs.vault.cassandra.open_vault(await _session(settings, stack, Patience(TOOLS_WAIT)))
    stack.push_async_callback(vault.close)
    return vault


async def _session(settings: Settings, stack: AsyncExitStack, patience: Patience) -> CassandraSession:
    _check_certificates(settings.cassandra_tls_ca, "QIAO_CASSANDRA_TLS_CA")
    session = await patience.reach("Cassandra (QIAO_VIEWS)", lambda: _connect(cassandra_settings(settings)))
    stack.push_async_callback(session.close)
    return session


async def _connect(settings: CassandraSettings) -> CassandraSession:
    try:
        return await libs.cassandra.connect(settings, timeout=0)
    except CassandraRefused as error:
        raise SettingsInvalid(f"QIAO_CASSANDRA_USERNAME and QIAO_CASSANDRA_PASSWORD: {error}") from error
    except CassandraUnavailable as error:
        raise ViewsUnavailable(str(error)) from error


async def kafka_log(settings: Settings, *, readonly: bool = False) -> Log:
    """The log alone. Raises SettingsInvalid, LogUnavailable."""
    _check_certificates(settings.kafka_tls_ca, "QIAO_KAFKA_TLS_CA")
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
            tls_name=settings.cassandra_tls_name,
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


def _check_certificates(path: str, name: str) -> None:
    """Waiting for a server does not mend them."""
    try:
        ssl.create_default_context(cafile=path or None)
    except OSError as error:
        raise SettingsInvalid(f"{name}={path}: {error.strerror or error}") from error

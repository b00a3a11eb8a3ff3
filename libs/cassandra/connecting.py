"""Making the driver's cluster. Its threads and its first round trips block, so this runs beside the event loop."""

import asyncio
import logging
import random
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from cassandra import ConsistencyLevel
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.policies import DCAwareRoundRobinPolicy, ExponentialReconnectionPolicy, TokenAwarePolicy
from cassandra.query import tuple_factory

from libs.cassandra.errors import CONNECTING, SIGN_IN, refused, unavailable
from libs.cassandra.results import ProtocolHandler
from libs.cassandra.settings import CassandraSettings

T = TypeVar("T")

REQUEST_TIMEOUT = 10.0
"""Seconds for one request, whatever node answers it."""

PROTOCOL_VERSION = 5

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0


def new_cluster(settings: CassandraSettings) -> tuple[Cluster, Session]:
    """Blocking. Raises what the driver raises; nothing is left behind then."""
    cluster = Cluster(
        list(settings.hosts),
        port=settings.port,
        protocol_version=PROTOCOL_VERSION,
        execution_profiles={EXEC_PROFILE_DEFAULT: _profile(settings)},
        reconnection_policy=ExponentialReconnectionPolicy(_FIRST_PAUSE, _LONGEST_PAUSE),
        auth_provider=_auth(settings),
        ssl_context=_tls(settings),
        ssl_options={"server_hostname": settings.tls_name} if settings.tls_name else None,
        # The driver leaves Nagle's algorithm on: a request of several segments then waits 40 ms.
        sockopts=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        connect_timeout=5.0,
        control_connection_timeout=REQUEST_TIMEOUT,
        max_schema_agreement_wait=20,
    )
    try:
        session = cluster.connect()
        # Stamps are part of our statements, and a light-weight transaction makes its own.
        session.use_client_timestamp = False
        session.client_protocol_handler = ProtocolHandler
        return cluster, session
    except BaseException:
        cluster.shutdown()
        raise


def _profile(settings: CassandraSettings) -> ExecutionProfile:
    return ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(DCAwareRoundRobinPolicy(settings.datacenter)),
        consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
        request_timeout=REQUEST_TIMEOUT,
        row_factory=tuple_factory,
    )


def _auth(settings: CassandraSettings) -> PlainTextAuthProvider | None:
    return PlainTextAuthProvider(settings.username, settings.password) if settings.username else None


def _tls(settings: CassandraSettings) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=settings.tls_ca) if settings.tls_ca else None


async def try_until(attempt: Callable[[], T], timeout: float) -> T:
    """Try in a thread until it works. Raises CassandraUnavailable with the last reason after `timeout` seconds,
    CassandraRefused at once.
    """
    deadline, pause = time.monotonic() + timeout, _FIRST_PAUSE
    while True:
        try:
            with _unheard():
                return await asyncio.to_thread(attempt)
        except CONNECTING as error:
            if _refused(error):
                raise refused(error) from error
            if time.monotonic() + pause > deadline:
                raise unavailable(error) from error
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads out reconnecting processes
        pause = min(2 * pause, _LONGEST_PAUSE)


@contextmanager
def _unheard() -> Iterator[None]:
    """The driver logs two stack traces for each try that fails, beside what it raises."""
    driver = logging.getLogger("cassandra.cluster")
    driver.addFilter(_below_warning)
    try:
        yield
    finally:
        driver.removeFilter(_below_warning)


def _below_warning(record: logging.LogRecord) -> bool:
    return record.levelno < logging.WARNING


def _refused(error: BaseException) -> bool:
    """Wrong credentials do not get better by waiting."""
    return isinstance(error, NoHostAvailable) and any(isinstance(one, SIGN_IN) for one in error.errors.values())

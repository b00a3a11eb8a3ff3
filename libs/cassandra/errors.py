"""Which of the driver's errors say "later", and which say "never"."""

from cassandra import AuthenticationFailed, OperationTimedOut, RequestExecutionException, UnresolvableContactPoints
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionBusy, ConnectionException
from cassandra.pool import NoConnectionsAvailable
from cassandra.protocol import (
    IsBootstrappingErrorMessage,
    OverloadedErrorMessage,
    ServerError,
    TruncateError,
)


class CassandraUnavailable(Exception):
    """Not reached, overloaded or too slow: the same request may work later; a write may have happened."""


class CassandraRefused(CassandraUnavailable):
    """User or password is wrong: waiting does not help."""


PASSING = (
    NoHostAvailable,
    OperationTimedOut,
    RequestExecutionException,
    OverloadedErrorMessage,
    IsBootstrappingErrorMessage,
    ServerError,
    TruncateError,
    ConnectionException,
    ConnectionBusy,
    NoConnectionsAvailable,
)
"""Unavailable, timeouts and failures of replicas are RequestExecutionExceptions."""

CONNECTING = (*PASSING, UnresolvableContactPoints, OSError)
"""While connecting, a name that does not resolve yet may be a node that has not started yet."""

SIGN_IN = (AuthenticationFailed,)


def unavailable(error: BaseException) -> CassandraUnavailable:
    """The error in our words, on one line."""
    return CassandraUnavailable(_text(error))


def refused(error: BaseException) -> CassandraRefused:
    """The error in our words, on one line."""
    return CassandraRefused(_text(error))


def _text(error: BaseException) -> str:
    return f"cassandra: {type(error).__name__}: {' '.join(str(error).split())}"

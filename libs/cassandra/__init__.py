"""What the Cassandra twins share: one driver session, awaitable, with errors that tell whether to try again."""

from libs.cassandra.errors import CassandraRefused, CassandraUnavailable
from libs.cassandra.session import CassandraSession, connect
from libs.cassandra.settings import CassandraSettings
from libs.cassandra.statements import Statement, Use

__all__ = [
    "CassandraRefused",
    "CassandraSession",
    "CassandraSettings",
    "CassandraUnavailable",
    "Statement",
    "Use",
    "connect",
]

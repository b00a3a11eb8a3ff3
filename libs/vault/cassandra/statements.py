"""The vault's CQL. Every write is a light-weight transaction: one that is not would be ordered by a clock.

A record is made by UPDATE, never by INSERT: an inserted row has a marker of its own that outlives its columns, and a
record whose time is over would go on existing, without a value. For the same reason every write sets every column.
"""

from libs.cassandra import CassandraSession


class Statements:
    """Names are qualified: a session is made before its keyspace may exist."""

    def __init__(self, session: CassandraSession) -> None:
        """For the session's keyspace."""
        table = f"{session.settings.keyspace}.vault_items"
        record = "WHERE kind = ? AND key = ?"
        columns = "value = ?, version = ?, owner = ?, confirmed = ?"
        self.create = (
            f"CREATE TABLE IF NOT EXISTS {table} (kind text, key text, value blob, version bigint, owner text, "
            "confirmed boolean, PRIMARY KEY ((kind, key))) WITH compaction = {'class': 'UnifiedCompactionStrategy'}"
        )
        self.get = f"SELECT value, version, owner, confirmed FROM {table} {record}"  # noqa: S608 - our own names
        self.page = (
            "SELECT token(kind, key), TTL(value), kind, key, value, owner, confirmed "  # noqa: S608 - our own names
            f"FROM {table} WHERE token(kind, key) >= ? LIMIT ?"
        )
        self.write = f"UPDATE {table} SET {columns} {record} IF version = ?"  # noqa: S608
        self.write_for_a_time = f"UPDATE {table} USING TTL ? SET {columns} {record} IF version = ?"  # noqa: S608
        self.delete = f"DELETE FROM {table} {record} IF EXISTS"  # noqa: S608
        self.delete_owned = f"DELETE FROM {table} {record} IF owner = ?"  # noqa: S608

"""Making the tables: one transaction, so that a second migration at the same time waits and finds it done."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from libs.sqlite import connect
from libs.views.schema import AnyTable, Change, Declaration, change_of, check, is_newer
from libs.views.sqlite.statements import add_column, create, quoted

LOCK_WAIT = 30.0
"""Seconds that a migration waits for another writer."""

_RECORD_TABLE = """
CREATE TABLE IF NOT EXISTS schema_versions (
    table_name TEXT NOT NULL, version INTEGER NOT NULL, declaration TEXT NOT NULL, declared_at INTEGER NOT NULL,
    PRIMARY KEY (table_name, version)
) STRICT, WITHOUT ROWID
"""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Declaration).decode


def migrate(path: Path, tables: Sequence[AnyTable]) -> Sequence[str]:
    """See `Views.migrate`. Blocking. Raises SchemaRefused before anything is changed, sqlite3.Error."""
    with closing(connect(path, synchronous="FULL", busy_timeout=LOCK_WAIT)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_RECORD_TABLE)
        known = [(table, _history(connection, table)) for table in tables]
        changes = [(table, change_of(table, history)) for table, history in known]
        for table, change in changes:
            if change is not None:
                _apply(connection, table, change)
        connection.execute("COMMIT")
    return [table.name for table, history in known if is_newer(table, history)]


def drop(path: Path, tables: Sequence[AnyTable]) -> None:
    """Blocking. A transaction for each table, so that who writes beside it never waits for all. Raises sqlite3.Error.

    What was recorded goes with the table: its name may be created again.
    """
    with closing(connect(path, synchronous="FULL", busy_timeout=LOCK_WAIT)) as connection:
        for table in tables:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"DROP TABLE IF EXISTS {quoted(table.name)}")
            connection.execute("DELETE FROM schema_versions WHERE table_name = ?", (table.name,))
            connection.execute("COMMIT")


def verify(connection: sqlite3.Connection, tables: Sequence[AnyTable]) -> None:
    """Raises SchemaOutdated, SchemaRefused, sqlite3.Error."""
    for table in tables:
        check(table, _history(connection, table))


def _history(connection: sqlite3.Connection, table: AnyTable) -> list[Declaration]:
    query = "SELECT declaration FROM schema_versions WHERE table_name = ? ORDER BY version"
    return [_decode(text) for (text,) in connection.execute(query, (table.name,))]


def _apply(connection: sqlite3.Connection, table: AnyTable, change: Change) -> None:
    statements = create(table) if change.version == 1 else [add_column(table, name) for name in change.added]
    for statement in statements:
        connection.execute(statement)
    connection.execute(
        "INSERT INTO schema_versions VALUES (?, ?, ?, ?)",
        (table.name, change.version, _encode(change.declaration).decode(), int(time.time())),
    )

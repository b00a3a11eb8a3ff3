"""Asking: open what is there for reading only, make the views, run one SELECT."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from libs.log.embedded.schema import open_for_reading
from libs.projections.generations import serving_of
from libs.projections.generations.record import KIND
from libs.vault.sqlite import peek
from qiao.sql.errors import QueryRefused
from qiao.sql.fields import FIELD, Fields, SqlValue
from qiao.sql.guard import Guard
from qiao.sql.index import Tell, attach_index
from qiao.sql.views import create_event_views, create_table_views

LOG, TABLES, VAULT = "log.db", "views.db", "vault.db"


class Limits(NamedTuple):
    """What a question may take."""

    seconds: float = 60.0
    rows: int = 1_000
    """0 for all."""


class Answer(NamedTuple):
    """The rows of an answer, as they come."""

    columns: Sequence[str]
    rows: Iterator[Sequence[SqlValue]]
    """Raises TimeIsUp, QueryRefused, KeyboardInterrupt. Ends at the limit; `more` says whether it did."""
    more: "More"


class More:
    """Whether there were more rows than the limit; known once the rows are over."""

    there = False


@contextmanager
def ask(source: Path, sql: str, limits: Limits, tell: Tell) -> Iterator[Answer]:
    """Ask a slice, a log, or a folder with a log, tables or both. `tell` hears of events that the index takes in.

    Raises QueryRefused, TimeIsUp, NotALog, sqlite3.Error.
    """
    with _opened(source, tell) as (connection, fields):
        guard = Guard(connection, limits.seconds, fields)
        cursor = _run(connection, sql, guard)
        more = More()
        names = [column[0] for column in cursor.description or ()]
        yield Answer(names, _rows(cursor, guard, limits.rows, more), more)


def describe(source: Path, tell: Tell) -> Mapping[str, Sequence[str]]:
    """What can be asked of a source: the columns by view. Raises as `ask`."""
    with _opened(source, tell) as (connection, _):
        names = connection.execute("SELECT name FROM temp.sqlite_schema WHERE type = 'view'").fetchall()
        return {name: [row[1] for row in connection.execute(f'PRAGMA temp.table_info("{name}")')] for (name,) in names}


@contextmanager
def _opened(source: Path, tell: Tell) -> Iterator[tuple[sqlite3.Connection, Fields | None]]:
    fields = None
    log, tables = _files(source)
    with ExitStack() as stack:
        connection = open_for_reading(log) if log else sqlite3.connect(":memory:", isolation_level=None, uri=True)
        stack.callback(connection.close)
        if log:
            beside = open_for_reading(log)
            stack.callback(beside.close)
            attach_index(connection, log, tell)
            fields = Fields(beside)
            connection.create_function(FIELD, 4, fields.of, deterministic=True)
            create_event_views(connection)
        if tables:
            connection.execute("ATTACH ? AS tables", (f"file:{quote(str(tables))}?mode=ro",))
            create_table_views(connection, serving_of(peek(tables.with_name(VAULT), KIND)))
        yield connection, fields


def _files(source: Path) -> tuple[Path | None, Path | None]:
    """The log and the tables of a source; a file is a log."""
    if not source.is_dir():
        return source, None
    log, tables = source / LOG, source / TABLES
    if not log.exists() and not tables.exists():
        raise QueryRefused(f"{source} holds neither {LOG} nor {TABLES}")
    return log if log.exists() else None, tables if tables.exists() else None


def _run(connection: sqlite3.Connection, sql: str, guard: Guard) -> sqlite3.Cursor:
    try:
        cursor = connection.execute(sql)
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise guard.translated(error) from error
    if cursor.description is None:
        raise QueryRefused("this asks nothing: write a SELECT")
    return cursor


def _rows(cursor: sqlite3.Cursor, guard: Guard, limit: int, more: More) -> Iterator[Sequence[SqlValue]]:
    given = 0
    try:
        for row in cursor:
            if limit and given == limit:
                more.there = True
                return
            yield row
            given += 1
    except sqlite3.Error as error:
        raise guard.translated(error) from error

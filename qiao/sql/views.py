"""What can be asked: one view of all events, one for each type, one for each table."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from libs.events import EventSpec, all_specs
from libs.views import generation_of
from libs.views.schema import Declaration
from libs.views.sqlite.statements import quoted
from qiao.sql.fields import DATA, ENVELOPE, FIELD, OTHERS

EVENTS = "events"

Columns = Mapping[str, str]
"""Name -> SQL that gives it."""

_FROM_INDEX: Columns = {
    "type": "type",
    "place": "topic || '[' || partition || ']@' || offset",
    "topic": "topic",
    "partition": "partition",
    "offset": "offset",
    "log_time": "strftime('%Y-%m-%d %H:%M:%f', log_ms / 1000.0, 'unixepoch')",
    "log_ms": "log_ms",
}
_LOOKED_UP: Columns = {
    name: f"{FIELD}(topic, partition, offset, '{name}')" for name in (*ENVELOPE, *OTHERS) if name != "data"
}
_DECLARATIONS = "SELECT table_name, declaration FROM tables.schema_versions ORDER BY version"


def event_views(specs: Iterable[EventSpec]) -> Iterator[tuple[str, str]]:
    """Name and SELECT of each view of events."""
    data = f"{FIELD}(topic, partition, offset, 'data')"
    yield EVENTS, f"{_select({**_FROM_INDEX, **_LOOKED_UP, 'data': data})} FROM side.events"
    common = {name: sql for name, sql in {**_FROM_INDEX, **_LOOKED_UP}.items() if name != "type"}
    for spec in specs:
        yield spec.type, f"{_select({**common, **_fields(spec, common)})} FROM side.events WHERE type = '{spec.type}'"


def table_views(declarations: Mapping[str, Declaration], serving: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Name (service_table) and SELECT of each table's view; ids as text.

    Of a table that stands in several generations, the one that serves has the declared name; the others are left out.
    """
    for name, declaration in declarations.items():
        declared, generation = generation_of(name)
        if generation != serving.get(declared.partition(".")[0], 0):
            continue
        columns = {column: _shown(column, kind) for column, kind in declaration.columns.items()}
        columns["_stamp"] = "_stamp"
        yield declared.replace(".", "_"), f"{_select(columns)} FROM tables.{quoted(name)}"


def create_event_views(connection: sqlite3.Connection) -> None:
    """The log is open as `main`, its index as `side`."""
    _create(connection, event_views(all_specs()))


def create_table_views(connection: sqlite3.Connection, serving: Mapping[str, int]) -> None:
    """The views' file is open as `tables`. `serving`: the generation that serves by projection; others are at 0."""
    found = connection.execute(_DECLARATIONS).fetchall()
    newest = {name: msgspec.json.decode(text, type=Declaration) for name, text in found}
    _create(connection, table_views(dict(sorted(newest.items())), serving))


def _create(connection: sqlite3.Connection, views: Iterable[tuple[str, str]]) -> None:
    for name, select in views:
        connection.execute(f"CREATE TEMP VIEW {quoted(name)} AS {select}")


def _fields(spec: EventSpec, common: Columns) -> Columns:
    """The fields of a type's data; one that is named like a column of every event is `data_NAME`."""
    return {
        f"data_{name}" if name in common else name: f"{FIELD}(topic, partition, offset, '{DATA}{name}')"
        for name in spec.cls.__struct_fields__
    }


def _shown(column: str, kind: str) -> str:
    if kind != "uuid":
        return quoted(column)
    digits = f"lower(hex({quoted(column)}))"
    parts = (f"substr({digits}, {begin}, {length})" for begin, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12)))
    return " || '-' || ".join(parts)


def _select(columns: Columns) -> str:
    return "SELECT " + ", ".join(f"{sql} AS {quoted(name)}" for name, sql in columns.items())

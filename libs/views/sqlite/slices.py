"""Writing a few rows at once, and finding the one that SQLite refuses."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import msgspec

from libs.views.bounds import ENCODE_ERRORS
from libs.views.port import Put, RowRefused
from libs.views.sqlite.reading import Catalog
from libs.views.sqlite.statements import Statements
from libs.views.sqlite.upkeep import Upkeep
from libs.views.table import Table

Rows = list[tuple[Put, list[object]]]

_ROW_ERRORS = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    ValueError,
)
"""What SQLite raises for a value that does not fit its column."""


class SliceWriter:
    """Blocking: give it no more rows than the event loop can wait for."""

    def __init__(
        self, connection: sqlite3.Connection, catalog: Catalog, clock: Callable[[], float], upkeep: Upkeep
    ) -> None:
        """`clock` tells the time that expiry is measured by, in seconds since 1970 UTC."""
        self._connection = connection
        self._catalog = catalog
        self._clock = clock
        self._upkeep = upkeep

    def write(self, puts: Sequence[Put]) -> list[RowRefused]:
        """Within the caller's transaction. Raises sqlite3.Error for what is no row's fault."""
        by_table: defaultdict[Table[msgspec.Struct], list[Put]] = defaultdict(list)
        for put in puts:
            by_table[put.table].append(put)
        refused: list[RowRefused] = []
        for table, those in by_table.items():
            statements = self._catalog.of(table)
            rows = self._encoded(statements.codec.encode, those, refused)
            if any(put.expires_at is not None for put, _ in rows):
                self._upkeep.expires(table)
            refused += self._upsert(statements, rows)
        return refused

    def _encoded(
        self, encode: Callable[[msgspec.Struct], list[object]], puts: Sequence[Put], refused: list[RowRefused]
    ) -> Rows:
        """What is worth writing. Adds what has no encoding to `refused`."""
        rows: Rows = []
        now = self._clock()
        for put in puts:
            if put.expires_at is not None and put.is_past(now):
                continue
            try:
                values = encode(put.row)
            except ENCODE_ERRORS as error:
                refused.append(RowRefused(put, str(error)))
                continue
            values += (put.stamp, put.expires_at)
            rows.append((put, values))
        return rows

    def _upsert(self, statements: Statements[msgspec.Struct], rows: Rows) -> list[RowRefused]:
        try:
            self._connection.executemany(statements.upsert, [values for _, values in rows])
        except _ROW_ERRORS:
            return list(self._one_by_one(statements, rows))
        return []

    def _one_by_one(self, statements: Statements[msgspec.Struct], rows: Rows) -> Iterator[RowRefused]:
        """A slice with a bad row again, a row at a time; what the first try wrote is written once more to no effect."""
        for put, values in rows:
            try:
                self._connection.execute(statements.upsert, values)
            except _ROW_ERRORS as error:
                yield RowRefused(put, str(error))

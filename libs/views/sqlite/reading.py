"""Reads, straight on the event loop: a point read takes 6 µs and a page of 20 rows 30 µs, a thread hop 100 µs and,
under load, up to the 5 ms for which another thread may keep the interpreter (docs/decisions/0004).

Long answers are fetched in chunks with a breath between them, on a connection that no other read uses meanwhile:
an open statement pins its connection to an old snapshot.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Final, TypeVar, cast

import msgspec

from libs.sqlite import Breath
from libs.telemetry import spans
from libs.views.port import Reads
from libs.views.requests import Slice, check_key, check_many, check_partition, slice_of
from libs.views.sqlite.errors import translated
from libs.views.sqlite.statements import Statements
from libs.views.table import Key, Table

R = TypeVar("R", bound=msgspec.Struct)

CHUNK = 256
"""Rows fetched before the loop may go on: about a millisecond."""

IDLE_CONNECTIONS = 4

SYSTEM: Final = "sqlite"
"""What spans call this twin."""


class Catalog:
    """The statements of the tables in use."""

    def __init__(self) -> None:
        """Empty: a table's statements are written at its first use."""
        self._statements: dict[Table[msgspec.Struct], object] = {}

    def of(self, table: Table[R]) -> Statements[R]:
        """This table's statements."""
        found = self._statements.get(table)
        if found is None:
            found = self._statements[table] = Statements(table)
        return cast("Statements[R]", found)


class Readers:
    """Reading connections, each lent to one read at a time. Short reads never wait, so one mostly serves all."""

    chunk = CHUNK
    """Rows of a scan that are fetched in one go."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """`connect` opens one more."""
        self._connect = connect
        self._idle = [connect()]
        self._closed = False

    @contextmanager
    def lend(self) -> Iterator[sqlite3.Connection]:
        """A connection for the length of one read. Raises ViewsUnavailable."""
        with translated():
            if self._closed:
                raise sqlite3.OperationalError("closed")
            connection = self._idle.pop() if self._idle else self._connect()
            try:
                yield connection
            finally:
                self._give_back(connection)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed or len(self._idle) >= IDLE_CONNECTIONS:
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Close the idle ones now, the lent ones when they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()


class OneReader:
    """A connection that writes, lent to all reads, which see what is not committed yet.

    Each is fetched in one go: an open statement would keep a checkpoint away, and nobody could tell whether it sees
    what is written into its table meanwhile.
    """

    chunk = 1 << 30

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Its owner closes the connection."""
        self._connection = connection
        self._closed = False

    @contextmanager
    def lend(self) -> Iterator[sqlite3.Connection]:
        """See `Readers`."""
        with translated():
            if self._closed:
                raise sqlite3.OperationalError("closed")
            yield self._connection

    def close(self) -> None:
        """Nothing is lent any more."""
        self._closed = True


class SqliteReads(Reads):
    """The reading half of the SQLite twin."""

    def __init__(self, readers: Readers | OneReader, catalog: Catalog, breath: Breath) -> None:
        """The catalog and the breath are shared with the writing half."""
        self._readers = readers
        self._catalog = catalog
        self._breath = breath

    async def get(self, table: Table[R], *key: object) -> R | None:
        """See the port."""
        check_key(table, key)
        with spans.view(SYSTEM, "get", table.name):
            await self._breath.take()
            with self._readers.lend() as connection:
                return _get(connection, self._catalog.of(table), key)

    async def get_many(self, table: Table[R], keys: Sequence[Key]) -> list[R | None]:
        """See the port. A loop of point reads: SQLite answers an IN over a composite key by reading the table."""
        check_many(table, keys)
        for key in keys:
            check_key(table, key)
        statements = self._catalog.of(table)
        found: list[R | None] = []
        with spans.view(SYSTEM, "get_many", table.name, len(keys)):
            for key in keys:
                await self._breath.take()
                with self._readers.lend() as connection:
                    found.append(_get(connection, statements, key))
        return found

    async def scan(self, table: Table[R], partition: Key, *, prefix: Key = (), after: Key = (), limit: int) -> list[R]:
        """See the port."""
        check_partition(table, partition)
        wanted = slice_of(table, len(prefix), len(after), limit)
        with spans.view(SYSTEM, "scan", table.name):
            return await self._scan(self._catalog.of(table), wanted, (*partition, *prefix, *after), limit)

    async def scan_many(
        self, table: Table[R], partitions: Sequence[Key], *, prefix: Key = (), limit: int
    ) -> list[list[R]]:
        """See the port."""
        check_many(table, partitions)
        for partition in partitions:
            check_partition(table, partition)
        wanted, statements = slice_of(table, len(prefix), 0, limit), self._catalog.of(table)
        with spans.view(SYSTEM, "scan_many", table.name, len(partitions)):
            return [await self._scan(statements, wanted, (*partition, *prefix), limit) for partition in partitions]

    async def _scan(self, statements: Statements[R], wanted: Slice, key: Key, limit: int) -> list[R]:
        """A short answer at once, a long one in chunks. The cursor is closed whatever happens: see the module."""
        await self._breath.take()
        bound, chunk = statements.codec.encode_key(wanted.fixed + wanted.behind, key), self._readers.chunk
        with (
            self._readers.lend() as connection,
            closing(connection.execute(statements.scan(wanted), (*bound, limit))) as cursor,
        ):
            rows = statements.codec.decode(cursor.fetchmany(chunk))
            while len(rows) % chunk == 0 and (more := cursor.fetchmany(chunk)):
                await self._breath.take()
                rows += statements.codec.decode(more)
            return rows


def _get(connection: sqlite3.Connection, statements: Statements[R], key: Sequence[object]) -> R | None:
    bound = statements.codec.encode_key(statements.table.key, key)
    rows = connection.execute(statements.get, bound).fetchall()
    return statements.codec.decode(rows)[0] if rows else None

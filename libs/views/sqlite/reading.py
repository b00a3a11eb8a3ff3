"""Reads, straight on the event loop: a point read takes 6 µs and a page of 20 rows 30 µs, a thread hop 100 µs and,
under load, up to the 5 ms for which another thread may keep the interpreter (docs/decisions/0004).

Many short reads give their connection back before a breath: who reads meanwhile would have to open another one, which
takes as long as all of them. Long answers are fetched in chunks with a breath between them, on a connection that no
other read uses meanwhile: an open statement pins its connection to an old snapshot.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from types import TracebackType
from typing import Final, TypeVar, cast

import msgspec

from libs.sqlite import Breath
from libs.telemetry import spans
from libs.views.port import Reads
from libs.views.requests import Slice, check_key, check_many, check_partition, slice_of
from libs.views.sqlite.errors import raise_translated, translated
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

    def lend(self) -> "Lent":
        """A connection for the length of one read. Raises ViewsUnavailable."""
        return Lent(self)

    def lend_for_many(self) -> "Lent":
        """The same for many statements, in one transaction: each would take the file's lock for itself otherwise,
        half of what a point read costs.
        """
        return LentForMany(self)

    def take(self) -> sqlite3.Connection:
        """One that nobody else has. Raises sqlite3.Error."""
        if self._closed:
            raise sqlite3.OperationalError("closed")
        return self._idle.pop() if self._idle else self._connect()

    def give_back(self, connection: sqlite3.Connection) -> None:
        """Lend it to the next, unless it was left within a transaction: it would show the past."""
        if self._closed or connection.in_transaction or len(self._idle) >= IDLE_CONNECTIONS:
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

    def lend(self) -> "Lent":
        """See `Readers`."""
        return Lent(self)

    def lend_for_many(self) -> "Lent":
        """It is in its writer's transaction already."""
        return Lent(self)

    def take(self) -> sqlite3.Connection:
        """The one there is. Raises sqlite3.Error."""
        if self._closed:
            raise sqlite3.OperationalError("closed")
        return self._connection

    def give_back(self, connection: sqlite3.Connection) -> None:
        """It was never away."""

    def close(self) -> None:
        """Nothing is lent any more."""
        self._closed = True


class Lent:
    """The length of one read. SQLite's errors in it are told in the port's words.

    No generator: with one, a page of short reads would spend a tenth of its time on entering and leaving.
    """

    def __init__(self, lender: Readers | OneReader) -> None:
        """`lender` gives the connection and takes it back."""
        self._lender = lender
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> sqlite3.Connection:
        with translated():
            self._connection = self._lender.take()
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._connection is not None:
            self._lender.give_back(self._connection)
        if isinstance(error, (sqlite3.Error, OSError)):
            raise_translated(error)


class LentForMany(Lent):
    """In one transaction, which only reads."""

    def __enter__(self) -> sqlite3.Connection:
        connection = super().__enter__()
        try:
            connection.execute("BEGIN")
        except sqlite3.Error as error:
            super().__exit__(type(error), error, None)
        return connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with translated():
                if self._connection is not None and self._connection.in_transaction:
                    self._connection.execute("COMMIT")
        finally:
            super().__exit__(kind, error, trace)


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
            statements = self._catalog.of(table)
            bound = statements.codec.encode_key(table.key, key)
            with self._readers.lend() as connection:
                rows = connection.execute(statements.get, bound).fetchall()
            return statements.codec.decode(rows)[0] if rows else None

    async def get_many(self, table: Table[R], keys: Sequence[Key]) -> list[R | None]:
        """See the port. A loop of point reads: SQLite answers an IN over a composite key by reading the table."""
        check_many(table, keys)
        for key in keys:
            check_key(table, key)
        statements = self._catalog.of(table)
        found: list[tuple[object, ...] | None] = []
        with spans.view(SYSTEM, "get_many", table.name, len(keys)):
            while len(found) < len(keys):
                await self._breath.take()
                with self._readers.lend_for_many() as connection:
                    for key in keys[len(found) :]:
                        bound = statements.codec.encode_key(table.key, key)
                        rows = connection.execute(statements.get, bound).fetchall()
                        found.append(rows[0] if rows else None)
                        if self._breath.spent:
                            break
            decoded = iter(statements.codec.decode([row for row in found if row is not None]))
            return [None if row is None else next(decoded) for row in found]

    async def scan(self, table: Table[R], partition: Key, *, prefix: Key = (), after: Key = (), limit: int) -> list[R]:
        """See the port."""
        check_partition(table, partition)
        wanted = slice_of(table, len(prefix), len(after), limit)
        with spans.view(SYSTEM, "scan", table.name):
            await self._breath.take()
            statements = self._catalog.of(table)
            with self._readers.lend() as connection:
                return await self._scan(connection, statements, wanted, (*partition, *prefix, *after), limit)

    async def scan_many(
        self, table: Table[R], partitions: Sequence[Key], *, prefix: Key = (), limit: int
    ) -> list[list[R]]:
        """See the port."""
        check_many(table, partitions)
        for partition in partitions:
            check_partition(table, partition)
        wanted, statements = slice_of(table, len(prefix), 0, limit), self._catalog.of(table)
        found: list[list[R]] = []
        with spans.view(SYSTEM, "scan_many", table.name, len(partitions)):
            while len(found) < len(partitions):
                await self._breath.take()
                with self._readers.lend_for_many() as connection:
                    for partition in partitions[len(found) :]:
                        found.append(await self._scan(connection, statements, wanted, (*partition, *prefix), limit))
                        if self._breath.spent:
                            break
            return found

    async def _scan(
        self, connection: sqlite3.Connection, statements: Statements[R], wanted: Slice, key: Key, limit: int
    ) -> list[R]:
        """A short answer at once, a long one in chunks. The cursor is closed whatever happens: see the module."""
        bound, chunk = statements.codec.encode_key(wanted.columns, key), self._readers.chunk
        with closing(connection.execute(statements.scan(wanted), (*bound, limit))) as cursor:
            rows = statements.codec.decode(cursor.fetchmany(chunk))
            while len(rows) % chunk == 0 and (more := cursor.fetchmany(chunk)):
                await self._breath.take()
                rows += statements.codec.decode(more)
            return rows

"""The SQLite twin of the views.

A power loss may take back the last transactions, never a part of one: rows and progress go back together, and the log
is folded again from there. That is why a commit need not sync the disk.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from sqlite3 import Connection

from libs.sqlite import Breath, connect, in_thread
from libs.telemetry import spans
from libs.views.port import Put, SchemaOutdated, Views, ViewsUnavailable
from libs.views.requests import check_clones
from libs.views.schema import AnyTable
from libs.views.sqlite import migrate
from libs.views.sqlite.errors import translated
from libs.views.sqlite.reading import SYSTEM, Catalog, OneReader, Readers, SqliteReads
from libs.views.sqlite.slices import SliceWriter
from libs.views.sqlite.transactions import Transactions
from libs.views.sqlite.upkeep import Upkeep
from libs.views.sqlite.writing import StageWriter

PURGE_EVERY = 60.0

SHARE = 1.0
"""Seconds of writes that are lost together at most."""

ALONE_CACHE = 64 << 20
"""Bytes of pages that views of one process keep: where the rows of a whole community are written in one go."""


async def open_views(
    path: Path, *, clock: Callable[[], float] = time.time, purge_every: float = PURGE_EVERY
) -> "SqliteViews":
    """Open (and create) the views in the file at `path`. `clock` only decides what has expired.

    Raises ViewsUnavailable.
    """
    with translated():
        writing = await in_thread(lambda: _connect(path, busy_timeout=0.0))
        reading = await in_thread(lambda: Readers(lambda: _connect(path)))
    return SqliteViews(path, writing, reading, Transactions(writing), clock, purge_every)


async def open_alone(path: Path, *, clock: Callable[[], float], share: float = SHARE) -> "SqliteViews":
    """Views that nobody else has any use for yet: the writes of `share` seconds are durable together.

    Until then only this process sees them: on the connection that wrote them, whose cache no commit of another one
    empties. Nobody else can write meanwhile. Raises ViewsUnavailable.
    """
    with translated():
        writing = await in_thread(lambda: _connect(path, busy_timeout=0.0, cache_bytes=ALONE_CACHE))
    return SqliteViews(path, writing, OneReader(writing), Transactions(writing, share), clock, PURGE_EVERY)


def _connect(path: Path, busy_timeout: float = 0.05, cache_bytes: int = 16 << 20) -> Connection:
    return connect(path, synchronous="NORMAL", busy_timeout=busy_timeout, cache_bytes=cache_bytes)


class SqliteViews(SqliteReads, Views):
    """Made by `open_views` or `open_alone`."""

    def __init__(
        self,
        path: Path,
        writing: Connection,
        reading: Readers | OneReader,
        transactions: Transactions,
        clock: Callable[[], float],
        purge_every: float,
    ) -> None:
        """Takes over the connections. `transactions` are those of `writing`."""
        super().__init__(reading, Catalog(), Breath())
        self._path = path
        upkeep = Upkeep(path, writing, self._catalog, clock, purge_every, alone=isinstance(reading, OneReader))
        slices = SliceWriter(writing, self._catalog, clock, upkeep)
        self._writer = StageWriter(writing, transactions, slices, self._breath, upkeep)

    async def write(self, *stages: Sequence[Put]) -> None:
        """See the port. All stages are one transaction."""
        with spans.view(SYSTEM, "write", "rows", sum(map(len, stages))):
            await self._writer.write(stages)

    async def commit(self) -> None:
        """Make what was written durable, and let others see it, where it shares a transaction.

        Raises ViewsUnavailable.
        """
        await self._writer.commit()

    async def migrate(self, tables: Sequence[AnyTable]) -> Sequence[str]:
        """See the port."""
        with translated():
            return await in_thread(lambda: migrate.migrate(self._path, tables))

    async def drop(self, tables: Sequence[AnyTable]) -> None:
        """See the port."""
        check_clones(tables)
        with translated():
            await in_thread(lambda: migrate.drop(self._path, tables))

    async def verify(self, tables: Sequence[AnyTable]) -> None:
        """See the port."""
        with self._readers.lend() as connection:
            migrate.verify(connection, tables)

    async def healthy(self) -> bool:
        """See the port."""
        try:
            with self._readers.lend() as connection:
                connection.execute("SELECT count(*) FROM schema_versions")
        except (ViewsUnavailable, SchemaOutdated):
            return False
        return True

    async def close(self) -> None:
        """See the port."""
        try:
            await self._writer.close()
        finally:
            self._readers.close()

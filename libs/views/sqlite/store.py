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
from libs.views.sqlite.reading import SYSTEM, Catalog, Readers, SqliteReads
from libs.views.sqlite.slices import SliceWriter
from libs.views.sqlite.upkeep import Upkeep
from libs.views.sqlite.writing import StageWriter

PURGE_EVERY = 60.0


async def open_views(
    path: Path, *, clock: Callable[[], float] = time.time, purge_every: float = PURGE_EVERY
) -> "SqliteViews":
    """Open (and create) the views in the file at `path`. `clock` only decides what has expired.

    Raises ViewsUnavailable.
    """
    with translated():
        writing = await in_thread(lambda: _connect(path, busy_timeout=0.0))
        reading = await in_thread(lambda: Readers(lambda: _connect(path)))
    return SqliteViews(path, writing, reading, clock, purge_every)


def _connect(path: Path, busy_timeout: float = 0.05) -> Connection:
    return connect(path, synchronous="NORMAL", busy_timeout=busy_timeout)


class SqliteViews(SqliteReads, Views):
    """Made by `open_views`."""

    def __init__(
        self, path: Path, writing: Connection, reading: Readers, clock: Callable[[], float], purge_every: float
    ) -> None:
        """Takes over the connections."""
        super().__init__(reading, Catalog(), Breath())
        self._path = path
        upkeep = Upkeep(path, writing, self._catalog, clock, purge_every)
        slices = SliceWriter(writing, self._catalog, clock, upkeep)
        self._writer = StageWriter(writing, slices, self._breath, upkeep)

    async def write(self, *stages: Sequence[Put]) -> None:
        """See the port. All stages are one transaction."""
        with spans.view(SYSTEM, "write", "rows", sum(map(len, stages))):
            await self._writer.write(stages)

    async def migrate(self, tables: Sequence[AnyTable]) -> None:
        """See the port."""
        with translated():
            await in_thread(lambda: migrate.migrate(self._path, tables))

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
        await self._writer.close()
        self._readers.close()

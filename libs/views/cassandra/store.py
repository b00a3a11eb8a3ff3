"""The Cassandra twin of the views."""

import asyncio
import time
from collections.abc import Callable, Sequence

from cassandra import InvalidRequest

from libs.cassandra import CassandraSession, CassandraUnavailable
from libs.telemetry import spans
from libs.views.cassandra import migrate
from libs.views.cassandra.reading import SYSTEM, CassandraReads
from libs.views.cassandra.tables import Tables
from libs.views.cassandra.writing import StageWriter
from libs.views.port import Put, Views, ViewsUnavailable
from libs.views.requests import check_clones
from libs.views.schema import AnyTable

HEALTH_SECONDS = 1.0


def open_views(session: CassandraSession, *, clock: Callable[[], float] = time.time) -> "CassandraViews":
    """The views in the session's keyspace. The session is shared: who connected it closes it, after the views."""
    return CassandraViews(Tables(session), clock)


class CassandraViews(CassandraReads, Views):
    """Made by `open_views`."""

    def __init__(self, tables: Tables, clock: Callable[[], float]) -> None:
        """`clock` only decides what has expired."""
        super().__init__(tables)
        self._writer = StageWriter(tables, clock)

    async def write(self, *stages: Sequence[Put]) -> None:
        """See the port."""
        with spans.view(SYSTEM, "write", "rows", sum(map(len, stages))):
            await self._writer.write(stages)

    async def migrate(self, tables: Sequence[AnyTable]) -> Sequence[str]:
        """See the port."""
        try:
            return await migrate.migrate(self._tables.session, tables)
        except CassandraUnavailable as error:
            raise ViewsUnavailable(str(error)) from error

    async def drop(self, tables: Sequence[AnyTable]) -> None:
        """See the port."""
        check_clones(tables)
        try:
            await migrate.drop(self._tables.session, tables)
        except CassandraUnavailable as error:
            raise ViewsUnavailable(str(error)) from error

    async def verify(self, tables: Sequence[AnyTable]) -> None:
        """See the port."""
        try:
            await migrate.verify(self._tables.session, tables)
        except CassandraUnavailable as error:
            raise ViewsUnavailable(str(error)) from error

    async def healthy(self) -> bool:
        """See the port."""
        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                self._tables.check_open()
                await migrate.ping(self._tables.session)
        except (TimeoutError, ViewsUnavailable, CassandraUnavailable, InvalidRequest):
            return False
        return True

    async def close(self) -> None:
        """See the port."""
        self._tables.close()

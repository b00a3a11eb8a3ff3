"""The tables in use and their prepared statements."""

from typing import Generic, TypeVar, cast

import msgspec
from cassandra import InvalidRequest
from cassandra.query import PreparedStatement

from libs.cassandra import CassandraSession, CassandraUnavailable
from libs.cassandra.bridge import Rows
from libs.cassandra.statements import Statement
from libs.views.cassandra.statements import Statements
from libs.views.port import SchemaOutdated, ViewsUnavailable
from libs.views.table import Table

R = TypeVar("R", bound=msgspec.Struct)


def check_missing(error: InvalidRequest) -> None:
    """Raises SchemaOutdated where the table of a prepared statement is gone: another process dropped its generation."""
    if "does not exist" in str(error) or "unconfigured table" in str(error):
        raise SchemaOutdated(f"{error}: run `qiao migrate`") from error


class Inserts(Generic[R]):
    """What writing a table needs."""

    def __init__(self, statements: Statements[R], plain: PreparedStatement, expiring: PreparedStatement) -> None:
        self.statements = statements
        self.plain = plain
        self.expiring = expiring


class Tables:
    """Statements by table, and asking the session in the port's words."""

    def __init__(self, session: CassandraSession) -> None:
        self.session = session
        self._closed = False
        self._statements: dict[Table[msgspec.Struct], object] = {}
        self._inserts: dict[Table[msgspec.Struct], Inserts[msgspec.Struct]] = {}

    def of(self, table: Table[R]) -> Statements[R]:
        """This table's statements."""
        found = self._statements.get(table)
        if found is None:
            found = self._statements[table] = Statements(self.session.settings.keyspace, table)
        return cast("Statements[R]", found)

    async def inserts(self, table: Table[msgspec.Struct]) -> Inserts[msgspec.Struct]:
        """Prepared for writing. Raises ViewsUnavailable, SchemaOutdated."""
        found = self._inserts.get(table)
        if found is None:
            statements = self.of(table)
            plain = await self.prepare(statements.insert)
            found = Inserts(statements, plain, await self.prepare(statements.insert_expiring))
            self._inserts[table] = found
        return found

    async def prepare(self, text: str) -> PreparedStatement:
        """Raises ViewsUnavailable, SchemaOutdated."""
        try:
            return await self.session.prepare(text)
        except CassandraUnavailable as error:
            raise ViewsUnavailable(str(error)) from error
        except InvalidRequest as error:
            raise SchemaOutdated(f"{error}: run `qiao migrate`") from error

    def close(self) -> None:
        """Ask nothing more. The session is others' as well."""
        self._closed = True

    def check_open(self) -> None:
        """Raises ViewsUnavailable after `close`."""
        if self._closed:
            raise ViewsUnavailable("cassandra: the views are closed")

    async def execute(self, text: str, values: list[bytes], routing_key: bytes | None = None) -> Rows:
        """All rows that a statement answers with. Raises ViewsUnavailable, SchemaOutdated."""
        self.check_open()
        prepared = await self.prepare(text)
        try:
            return await self.session.execute(Statement(prepared, values, routing_key))
        except CassandraUnavailable as error:
            raise ViewsUnavailable(str(error)) from error
        except InvalidRequest as error:
            check_missing(error)
            raise

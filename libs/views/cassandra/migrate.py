"""Making the tables: each change is idempotent, and recorded once it is made."""

import time
from collections.abc import Sequence

import msgspec
from cassandra import InvalidRequest

from libs.cassandra import CassandraSession, Statement
from libs.cassandra.encoding import encode_bigint, encode_int
from libs.cassandra.migrating import Keep, only_migration
from libs.views.cassandra.statements import add_column, create, qualified
from libs.views.port import SchemaOutdated
from libs.views.schema import AnyTable, Change, Declaration, change_of, check, is_newer

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Declaration).decode


async def migrate(session: CassandraSession, tables: Sequence[AnyTable]) -> Sequence[str]:
    """See `Views.migrate`. Raises SchemaRefused before anything is changed, CassandraUnavailable."""
    async with only_migration(session) as keep:
        await session.change_schema(
            f"CREATE TABLE IF NOT EXISTS {_versions(session)} (table_name text, version int, declaration text, "
            "declared_at timestamp, PRIMARY KEY (table_name, version))"
        )
        known = [(table, await _history(session, table.name)) for table in tables]
        changes = [(table, change_of(table, history)) for table, history in known]
        for table, change in changes:
            if change is not None:
                await _apply(session, table, change, keep)
    return [table.name for table, history in known if is_newer(table, history)]


async def drop(session: CassandraSession, tables: Sequence[AnyTable]) -> None:
    """Each table, then what was recorded of it. Raises CassandraUnavailable."""
    text = f"DELETE FROM {_versions(session)} WHERE table_name = ?"  # noqa: S608
    async with only_migration(session) as keep:
        for table in tables:
            await keep()
            await session.change_schema(f"DROP TABLE IF EXISTS {qualified(session.settings.keyspace, table.name)}")
            await session.execute(Statement(await session.prepare(text), [table.name.encode()]))


async def verify(session: CassandraSession, tables: Sequence[AnyTable]) -> None:
    """Raises SchemaOutdated, SchemaRefused, CassandraUnavailable."""
    for table in tables:
        try:
            history = await _history(session, table.name)
        except InvalidRequest as error:
            raise SchemaOutdated(f"{error}: run `qiao migrate`") from error
        check(table, history)


async def ping(session: CassandraSession) -> None:
    """Read something as any read does. Raises CassandraUnavailable, InvalidRequest before the first migration."""
    await _history(session, "ping")


def _versions(session: CassandraSession) -> str:
    return f"{session.settings.keyspace}.schema_versions"


async def _history(session: CassandraSession, table: str) -> list[Declaration]:
    text = f"SELECT declaration FROM {_versions(session)} WHERE table_name = ?"  # noqa: S608
    rows = await session.execute(Statement(await session.prepare(text), [table.encode()]))
    return [_decode(str(declaration)) for (declaration,) in rows]


async def _apply(session: CassandraSession, table: AnyTable, change: Change, keep: Keep) -> None:
    keyspace = session.settings.keyspace
    first = change.version == 1
    for text in [create(keyspace, table)] if first else [add_column(keyspace, table, name) for name in change.added]:
        await keep()
        await session.change_schema(text)
    await _record(session, table, change)


async def _record(session: CassandraSession, table: AnyTable, change: Change) -> None:
    text = f"INSERT INTO {_versions(session)} (table_name, version, declaration, declared_at) VALUES (?, ?, ?, ?)"  # noqa: S608
    values = [
        table.name.encode(),
        encode_int(change.version),
        _encode(change.declaration),
        encode_bigint(int(time.time() * 1000)),
    ]
    await session.execute(Statement(await session.prepare(text), values))

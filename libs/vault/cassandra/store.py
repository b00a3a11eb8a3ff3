"""The Cassandra twin of the vault.

Times to live run by the servers' clocks, in whole seconds. A light-weight transaction that times out may or may not
have happened: that is VaultUnavailable.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import msgspec
from cassandra import InvalidRequest

from libs.cassandra import CassandraSession, CassandraUnavailable, Statement, Use
from libs.cassandra.bridge import Rows
from libs.cassandra.encoding import encode_bigint, encode_bool, encode_int
from libs.cassandra.migrating import only_migration
from libs.vault.cassandra.contention import contended, turns
from libs.vault.cassandra.ring import FIRST_TOKEN, Page
from libs.vault.cassandra.statements import Statements
from libs.vault.port import Item, Kept, Vault, VaultUnavailable, check_claim

HEALTH_SECONDS = 1.0

PAGE = 500
"""Records that `records` asks for at once."""

_COLUMNS = tuple[bytes, int, str, bool]
"""What the vault's SELECT answers with: an Item's fields."""


def open_vault(session: CassandraSession) -> "CassandraVault":
    """The vault in the session's keyspace. The session is shared: who connected it closes it, after the vault."""
    return CassandraVault(session)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except CassandraUnavailable as error:
        raise VaultUnavailable(str(error)) from error
    except InvalidRequest as error:
        raise VaultUnavailable(f"cassandra: {error} (if the table is missing: run `qiao migrate`)") from error


class CassandraVault(Vault):
    """Made by `open_vault`."""

    def __init__(self, session: CassandraSession) -> None:
        """`session` is shared."""
        self._session = session
        self._statements = Statements(session)
        self._closed = False

    async def get(self, kind: str, key: str) -> Item | None:
        """See the port."""
        rows = await self._execute(self._statements.get, [kind.encode(), key.encode()], Use.SERIAL_READ)
        return Item(*msgspec.convert(rows[0], _COLUMNS)) if rows else None

    async def put(self, kind: str, key: str, value: bytes, *, ttl: float | None = None) -> Item:
        """See the port."""
        expected: int | None = None
        async for _ in turns():
            item = Item(value, _next_version(expected))
            written, expected = await self._write(kind, key, item, expected, ttl)
            if written:
                return item
        raise contended(kind, key)

    async def compare_and_set(
        self, kind: str, key: str, expected: int | None, value: bytes, *, ttl: float | None = None
    ) -> Item | None:
        """See the port."""
        item = Item(value, _next_version(expected))
        written, _ = await self._write(kind, key, item, expected, ttl)
        return item if written else None

    async def claim(self, kind: str, key: str, owner: str, value: bytes, *, lease: float) -> Item:
        """See the port."""
        check_claim(owner, lease)
        async for _ in turns():
            mine = Item(value, _next_version(None), owner, confirmed=False)
            written, _ = await self._write(kind, key, mine, None, lease)
            if written:
                return mine
            # It may be gone again by now: then the next turn is a try of its own.
            current = await self.get(kind, key)
            if current is not None:
                return current
        raise contended(kind, key)

    async def confirm(self, kind: str, key: str, owner: str) -> bool:
        """See the port."""
        current = await self.get(kind, key)
        if current is None or current.owner != owner:
            return False
        if current.confirmed:
            return True
        confirmed = Item(current.value, current.version + 1, owner, confirmed=True)
        written, _ = await self._write(kind, key, confirmed, current.version, None)
        if written:
            return True
        current = await self.get(kind, key)
        return current is not None and current.owner == owner and current.confirmed

    async def delete(self, kind: str, key: str, *, owner: str | None = None) -> bool:
        """See the port."""
        record: list[bytes | None] = [kind.encode(), key.encode()]
        if owner is None:
            return _applied(await self._execute(self._statements.delete, record, Use.CONDITION))
        return _applied(await self._execute(self._statements.delete_owned, [*record, owner.encode()], Use.CONDITION))

    async def records(self) -> AsyncIterator[Kept]:
        """See the port. Around the ring, a page at a time: at LOCAL_QUORUM, where every acknowledged write is."""
        page = Page(FIRST_TOKEN, ())
        while True:
            values: list[bytes | None] = [encode_bigint(page.last), encode_int(PAGE)]
            page = page.following(await self._execute(self._statements.page, values, Use.PLAIN), time.time())
            if not page.records:
                return
            for record in page.records:
                yield record

    async def bring_back(self, record: Kept, *, over: bool = False) -> bool:
        """See the port. Its time is over up to a second later than it was: the servers count in whole ones."""
        expected: int | None = None
        async for _ in turns():
            left = None if record.expires_at is None else record.expires_at - time.time()
            if left is not None and left <= 0:
                return False
            item = Item(record.value, _version_over(expected), record.owner, record.confirmed)
            written, expected = await self._write(record.kind, record.key, item, expected, left)
            if written or (expected is not None and not over):
                return written
        raise contended(record.kind, record.key)

    async def migrate(self) -> None:
        """See the port."""
        with _translated():
            async with only_migration(self._session):
                await self._session.change_schema(self._statements.create)

    async def healthy(self) -> bool:
        """See the port."""
        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                await self.get("health", "ping")
        except (TimeoutError, VaultUnavailable):
            return False
        return True

    async def close(self) -> None:
        """See the port."""
        self._closed = True

    async def _write(
        self, kind: str, key: str, item: Item, expected: int | None, ttl: float | None
    ) -> tuple[bool, int | None]:
        """Whether it was written; if not, the version that stands there instead of the expected one."""
        values: list[bytes | None] = [
            item.value,
            encode_bigint(item.version),
            item.owner.encode(),
            encode_bool(item.confirmed),
            kind.encode(),
            key.encode(),
            None if expected is None else encode_bigint(expected),
        ]
        if ttl is not None:
            values.insert(0, encode_int(max(1, math.ceil(ttl))))
        text = self._statements.write if ttl is None else self._statements.write_for_a_time
        (answer,) = await self._execute(text, values, Use.CONDITION)
        if len(answer) == 1:  # written, or there is no record
            return bool(answer[0]), None
        return False, msgspec.convert(answer[1], int | None)

    async def _execute(self, text: str, values: list[bytes | None], use: Use) -> Rows:
        with _translated():
            if self._closed:
                raise CassandraUnavailable("cassandra: the vault is closed")
            prepared = await self._session.prepare(text, use=use)
            return await self._session.execute(Statement(prepared, values))


def _next_version(expected: int | None) -> int:
    """A new record's version starts at the time in microseconds: see the port's Item."""
    return time.time_ns() // 1000 if expected is None else expected + 1


def _version_over(expected: int | None) -> int:
    """Above what stands there and what ever stood there: of a record that takes another's place."""
    return max(_next_version(None), 0 if expected is None else expected + 1)


def _applied(rows: Rows) -> bool:
    return bool(rows[0][0])

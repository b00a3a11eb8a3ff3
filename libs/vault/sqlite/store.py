"""The SQLite twin of the vault: every write is durable when it returns; those that wait share one sync of the disk."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from libs.sqlite import Breath, Writer, WriterClosed, connect, in_thread
from libs.vault.port import Item, Kept, Vault, VaultUnavailable, check_claim
from libs.vault.sqlite import statements
from libs.vault.sqlite.tidying import Tidying

T = TypeVar("T")

BUSY_WAIT = 5.0
"""Seconds to wait for another process that writes."""

PAGE = 500
"""Records that `records` reads at once: about 2 ms."""

WRITE_WAIT = 30.0
"""Seconds after which a write that has not come back is unavailable; it may still happen."""


async def open_vault(path: Path, *, clock: Callable[[], float] = time.time) -> "SqliteVault":
    """Open (and create) the vault in the file at `path`. `clock`: seconds since 1970 UTC, what expiry goes by.

    Raises VaultUnavailable.
    """
    with _translated():
        writing = await in_thread(lambda: _connect(path, BUSY_WAIT))
        reading = await in_thread(lambda: _connect(path, 0.05))
    return SqliteVault(writing, reading, clock)


def _connect(path: Path, busy_timeout: float) -> sqlite3.Connection:
    connection = connect(path, synchronous="FULL", busy_timeout=busy_timeout, cache_bytes=2 << 20)
    # What is deleted here is a secret: overwrite it rather than leave it in free pages.
    connection.execute("PRAGMA secure_delete = ON")
    return connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, WriterClosed) as error:  # TimeoutError is an OSError
        raise VaultUnavailable(f"vault.db: {error or type(error).__name__}") from error


class SqliteVault(Vault):
    """Made by `open_vault`."""

    def __init__(self, writing: sqlite3.Connection, reading: sqlite3.Connection, clock: Callable[[], float]) -> None:
        """Takes over the connections."""
        self._writer = Writer(writing, "vault-writer", tidy=Tidying(clock))
        self._reading = reading
        self._clock = clock
        self._breath = Breath()

    async def get(self, kind: str, key: str) -> Item | None:
        """See the port."""
        await self._breath.take()
        with _translated():
            return _one(self._reading, statements.GET, self._bind(kind, key))

    async def put(self, kind: str, key: str, value: bytes, *, ttl: float | None = None) -> Item:
        """See the port."""
        written = await self._write(statements.PUT, self._record(kind, key, value, ttl))
        return _present(written)

    async def compare_and_set(
        self, kind: str, key: str, expected: int | None, value: bytes, *, ttl: float | None = None
    ) -> Item | None:
        """See the port."""
        statement = statements.PUT_IF_ABSENT if expected is None else statements.PUT_IF_VERSION
        return await self._write(statement, self._record(kind, key, value, ttl) | {"expected": expected})

    async def claim(self, kind: str, key: str, owner: str, value: bytes, *, lease: float) -> Item:
        """See the port."""
        check_claim(owner, lease)
        bound = self._record(kind, key, value, lease) | {"owner": owner, "confirmed": 0}

        def insert_or_get(connection: sqlite3.Connection) -> Item | None:
            return _one(connection, statements.PUT_IF_ABSENT, bound) or _one(connection, statements.GET, bound)

        return _present(await self._run(insert_or_get))

    async def confirm(self, kind: str, key: str, owner: str) -> bool:
        """See the port."""
        bound = self._bind(kind, key) | {"owner": owner}

        def confirm_and_get(connection: sqlite3.Connection) -> Item | None:
            connection.execute(statements.CONFIRM, bound)
            return _one(connection, statements.GET, bound)

        item = await self._run(confirm_and_get)
        return item is not None and item.owner == owner and item.confirmed

    async def delete(self, kind: str, key: str, *, owner: str | None = None) -> bool:
        """See the port."""
        bound = self._bind(kind, key) | {"owner": owner}
        return await self._run(lambda connection: connection.execute(statements.DELETE, bound).rowcount > 0)

    async def records(self) -> AsyncIterator[Kept]:
        """See the port. Ordered by kind and key."""
        kind = key = ""
        while page := await self._page(kind, key):
            for record in page:
                yield record
            kind, key = page[-1].kind, page[-1].key

    async def _page(self, kind: str, key: str) -> list[Kept]:
        """The records that follow this one."""
        await self._breath.take()
        with _translated():
            rows = self._reading.execute(statements.PAGE, self._bind(kind, key) | {"limit": PAGE}).fetchall()
        return [Kept(kind, key, value, owner, bool(confirmed), end) for kind, key, value, owner, confirmed, end in rows]

    async def bring_back(self, record: Kept, *, over: bool = False) -> bool:
        """See the port."""
        bound = self._record(record.kind, record.key, record.value, None)
        if record.expires_at is not None and record.expires_at <= self._clock():
            return False
        bound |= {"owner": record.owner, "confirmed": int(record.confirmed), "expires_at": record.expires_at}

        def write(connection: sqlite3.Connection) -> bool:
            if over:
                connection.execute(statements.DELETE, bound | {"owner": None})
            return _one(connection, statements.PUT_IF_ABSENT, bound) is not None

        return await self._run(write)

    async def migrate(self) -> None:
        """See the port."""

        def create(connection: sqlite3.Connection) -> None:
            for statement in statements.MIGRATE:
                connection.execute(statement)

        await self._run(create)

    async def healthy(self) -> bool:
        """See the port."""
        try:
            await self.get("health", "")
        except VaultUnavailable:
            return False
        return self._writer.healthy

    async def close(self) -> None:
        """See the port."""
        await self._writer.close()
        self._reading.close()

    async def _write(self, statement: str, bound: dict[str, object]) -> Item | None:
        return await self._run(lambda connection: _one(connection, statement, bound))

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with _translated():
            async with asyncio.timeout(WRITE_WAIT):
                return await self._writer.run(work)

    def _bind(self, kind: str, key: str) -> dict[str, object]:
        return {"kind": kind, "key": key, "now": self._clock()}

    def _record(self, kind: str, key: str, value: bytes, ttl: float | None) -> dict[str, object]:
        now = self._clock()
        return {
            "kind": kind,
            "key": key,
            "now": now,
            "value": value,
            "version": int(now * 1e6),
            "owner": "",
            "confirmed": 1,
            "expires_at": None if ttl is None else now + ttl,
        }


def _one(connection: sqlite3.Connection, statement: str, bound: dict[str, object]) -> Item | None:
    rows = connection.execute(statement, bound).fetchall()
    return Item(rows[0][0], rows[0][1], rows[0][2], bool(rows[0][3])) if rows else None


def _present(item: Item | None) -> Item:
    if item is None:
        raise VaultUnavailable("vault.db: the record just written is not there")
    return item

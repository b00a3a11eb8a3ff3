"""Reads of a second phase, each done once per batch.

Every row of the batch's first phase is durable before the second begins, so a read made at any time within it is as
good as one made just now: whoever writes afterwards runs a second phase of his own and meets our rows.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TypeVar, cast

import msgspec

from libs.views import Key, Reads, Table

R = TypeVar("R", bound=msgspec.Struct)
T = TypeVar("T")


class MemoReads(Reads):
    """Remembers `get` and `scan` for as long as one batch's second phase lasts."""

    def __init__(self, reads: Reads) -> None:
        """`reads` answers what was not asked before."""
        self._reads = reads
        self._asked: dict[Hashable, asyncio.Future[object]] = {}

    async def get(self, table: Table[R], *key: object) -> R | None:
        """See `Reads.get`."""
        return await self._once(("get", table, key), lambda: self._reads.get(table, *key))

    async def get_many(self, table: Table[R], keys: Sequence[Key]) -> list[R | None]:
        """See `Reads.get_many`. Not remembered."""
        return await self._reads.get_many(table, keys)

    async def scan(self, table: Table[R], partition: Key, *, prefix: Key = (), after: Key = (), limit: int) -> list[R]:
        """See `Reads.scan`."""
        question = ("scan", table, partition, prefix, after, limit)
        return await self._once(
            question, lambda: self._reads.scan(table, partition, prefix=prefix, after=after, limit=limit)
        )

    async def scan_many(
        self, table: Table[R], partitions: Sequence[Key], *, prefix: Key = (), limit: int
    ) -> list[list[R]]:
        """See `Reads.scan_many`. Not remembered."""
        return await self._reads.scan_many(table, partitions, prefix=prefix, limit=limit)

    async def _once(self, question: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        asked = self._asked.get(question)
        if asked is None:
            asked = asyncio.ensure_future(_as_object(ask))
            self._asked[question] = asked
        return cast("T", await asyncio.shield(asked))

    async def close(self) -> None:
        """End the reads that nobody waits for any more."""
        for asked in self._asked.values():
            asked.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)


async def _as_object(ask: Callable[[], Awaitable[T]]) -> object:
    return await ask()

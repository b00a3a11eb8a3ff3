"""Reads of a second phase: each done once per batch, those asked at one moment together.

Every row of the batch's first phase is durable before the second begins, so a read made at any time within it is as
good as one made just now: whoever writes afterwards runs a second phase of his own and meets our rows. Handlers run
side by side, so what they ask in one turn of the loop goes out as one `get_many` or `scan_many`: a sixth of the cost.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from libs.views import Key, Reads, Table

R = TypeVar("R", bound=msgspec.Struct)

TOGETHER = 500
MOST_ROWS = 50_000
"""Rows of scans remembered: a batch's authors may have millions of followers."""


class Scan(NamedTuple):
    """What scans that can be asked together have in common."""

    table: Table[Any]
    prefix: Key
    limit: int


ReadKind = Scan | Table[Any]
"""A scan, or a get from a table."""

Answer = asyncio.Future[Any]


class MemoReads(Reads):
    """Remembers `get` and the first page of `scan` for as long as one batch's second phase lasts. Close it then."""

    def __init__(self, reads: Reads, most_rows: int = MOST_ROWS) -> None:
        """`reads` answers what was not asked before; of scans it remembers up to `most_rows` rows."""
        self._reads, self._room = reads, most_rows
        self._answers: dict[tuple[ReadKind, Key], Answer] = {}
        self._waiting: defaultdict[ReadKind, dict[Key, Answer]] = defaultdict(dict)
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(self, table: Table[R], *key: object) -> R | None:
        """See `Reads.get`."""
        return cast("R | None", await self._once(table, cast("Key", key)))

    async def get_many(self, table: Table[R], keys: Sequence[Key]) -> list[R | None]:
        """See `Reads.get_many`. Not remembered."""
        return await self._reads.get_many(table, keys)

    async def scan(self, table: Table[R], partition: Key, *, prefix: Key = (), after: Key = (), limit: int) -> list[R]:
        """See `Reads.scan`. Only what begins at the beginning is remembered."""
        if after:
            return await self._reads.scan(table, partition, prefix=prefix, after=after, limit=limit)
        return cast("list[R]", await self._once(Scan(table, prefix, limit), partition))

    async def scan_many(
        self, table: Table[R], partitions: Sequence[Key], *, prefix: Key = (), limit: int
    ) -> list[list[R]]:
        """See `Reads.scan_many`. Not remembered."""
        return await self._reads.scan_many(table, partitions, prefix=prefix, limit=limit)

    async def close(self) -> None:
        """End the reads that nobody waits for any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _once(self, kind: ReadKind, key: Key) -> object:
        answer = self._answers.get((kind, key))
        if answer is None:
            loop = asyncio.get_running_loop()
            if not self._waiting:
                loop.call_soon(self._ask_all)
            answer = self._answers[kind, key] = self._waiting[kind][key] = loop.create_future()
        # Others may wait for the same answer: one that is cancelled must not take it from them.
        return await asyncio.shield(answer)

    def _ask_all(self) -> None:
        waiting, self._waiting = self._waiting, defaultdict(dict)
        for kind, answers in waiting.items():
            keys = list(answers)
            for begin in range(0, len(keys), TOGETHER):
                chunk = {key: answers[key] for key in keys[begin : begin + TOGETHER]}
                self._tasks.add(asyncio.create_task(self._ask(kind, chunk)))

    async def _ask(self, kind: ReadKind, answers: dict[Key, Answer]) -> None:
        try:
            found = await self._read(kind, list(answers))
        except BaseException as error:
            for answer in answers.values():
                answer.set_exception(error)
                answer.exception()  # whoever still waits raises it; nobody else need
            raise
        for (key, answer), rows in zip(answers.items(), found, strict=True):
            answer.set_result(rows)
            if isinstance(kind, Scan):
                self._keep(kind, key, len(cast("list[object]", rows)))

    def _keep(self, scan: Scan, key: Key, rows: int) -> None:
        if rows <= self._room:
            self._room -= rows
        else:
            del self._answers[scan, key]

    async def _read(self, kind: ReadKind, keys: Sequence[Key]) -> Sequence[object]:
        if isinstance(kind, Table):
            return await self._reads.get_many(kind, keys)
        return await self._reads.scan_many(kind.table, keys, prefix=kind.prefix, limit=kind.limit)

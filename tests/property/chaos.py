"""A store that fails at any step: before it did anything, half-way, or after everything was done."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

import msgspec

from libs.views import Key, Put, Table, Views, ViewsUnavailable

R = TypeVar("R", bound=msgspec.Struct)


class Killed(BaseException):
    """The process is gone. Not an Exception: nothing may catch it and go on."""


class ChaosViews(Views):
    """One process's way to the views. Others use the same store through ways of their own."""

    def __init__(self, views: Views, random: Random) -> None:
        """Harmless until `kill_after` or `fail_after` is called."""
        self._views, self._random = views, random
        self._kill_in: int | None = None
        self._fail_in: int | None = None
        self.dead = False

    def kill_after(self, steps: int) -> None:
        """Die at the step so many steps from now."""
        self._kill_in = steps

    def fail_after(self, steps: int) -> None:
        """Be unavailable once, so many steps from now."""
        self._fail_in = steps

    async def _step(self) -> None:
        for _ in range(self._random.randrange(3)):
            await asyncio.sleep(0)
        if self._kill_in is not None:
            self._kill_in -= 1
            self.dead = self.dead or self._kill_in < 0
        if self.dead:
            raise Killed
        if self._fail_in is not None:
            self._fail_in -= 1
            if self._fail_in < 0:
                self._fail_in = None
                raise ViewsUnavailable("chaos")

    async def get(self, table: Table[R], *key: object) -> R | None:
        await self._step()
        return await self._views.get(table, *key)

    async def get_many(self, table: Table[R], keys: Sequence[Key]) -> list[R | None]:
        await self._step()
        return await self._views.get_many(table, keys)

    async def scan(self, table: Table[R], partition: Key, *, prefix: Key = (), after: Key = (), limit: int) -> list[R]:
        await self._step()
        return await self._views.scan(table, partition, prefix=prefix, after=after, limit=limit)

    async def scan_many(
        self, table: Table[R], partitions: Sequence[Key], *, prefix: Key = (), limit: int
    ) -> list[list[R]]:
        await self._step()
        return await self._views.scan_many(table, partitions, prefix=prefix, limit=limit)

    async def write(self, *stages: Sequence[Put]) -> None:
        """As on many nodes: stage by stage, a stage in any order and in parts."""
        for stage in stages:
            rows = list(stage)
            self._random.shuffle(rows)
            while rows:
                await self._step()
                count = self._random.randint(1, len(rows))
                await self._views.write(rows[:count])
                rows = rows[count:]
        await self._step()

    async def migrate(self, tables: Sequence[Table[Any]]) -> None:
        await self._views.migrate(tables)

    async def drop(self, tables: Sequence[Table[Any]]) -> None:
        await self._views.drop(tables)

    async def verify(self, tables: Sequence[Table[Any]]) -> None:
        await self._views.verify(tables)

    async def healthy(self) -> bool:
        return await self._views.healthy()

    async def close(self) -> None:
        """The store stays open for the others."""

"""The real stores behind wrappers that note every step, and let a process die between any two of them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from libs.events import Envelope, Event, Keys
from libs.log import Log, Published, Publisher
from libs.views import Key, Put, Table, Views

R = TypeVar("R", bound=msgspec.Struct)


class Killed(BaseException):
    """The process is gone. Not an Exception: nothing may catch it and go on."""


class Steps:
    """What a process did, and when it dies: before its `die_at`-th step (from 0), and at every one after that."""

    def __init__(self, die_at: int | None = None) -> None:
        """It lives for ever unless told."""
        self.done: list[str] = []
        self._die_at = die_at

    def take(self, step: str) -> None:
        """Note a step that is about to be done."""
        if self._die_at is not None and len(self.done) >= self._die_at:
            raise Killed
        self.done.append(step)


class SteppingViews(Views):
    """Writes row by row, as many nodes would: a death may leave any part of a batch behind."""

    def __init__(self, views: Views, steps: Steps, before: Callable[[str], object] = lambda _: None) -> None:
        """`before` is told each step first; what it raises, the step raises."""
        self._views, self._steps, self._before = views, steps, before

    def _take(self, step: str) -> None:
        self._before(step)
        self._steps.take(step)

    async def get(self, table: Table[R], *key: object) -> R | None:
        self._take(f"read {table.name}")
        return await self._views.get(table, *key)

    async def get_many(self, table: Table[R], keys: Sequence[Key]) -> list[R | None]:
        self._take(f"read {table.name}")
        return await self._views.get_many(table, keys)

    async def scan(self, table: Table[R], partition: Key, *, prefix: Key = (), after: Key = (), limit: int) -> list[R]:
        self._take(f"read {table.name}")
        return await self._views.scan(table, partition, prefix=prefix, after=after, limit=limit)

    async def scan_many(
        self, table: Table[R], partitions: Sequence[Key], *, prefix: Key = (), limit: int
    ) -> list[list[R]]:
        self._take(f"read {table.name}")
        return await self._views.scan_many(table, partitions, prefix=prefix, limit=limit)

    async def write(self, *stages: Sequence[Put]) -> None:
        for stage in stages:
            for put in stage:
                self._take(f"write {put.table.name}{_mark(put)}")
                await self._views.write([put])

    async def migrate(self, tables: Sequence[Table[Any]]) -> None:
        await self._views.migrate(tables)

    async def drop(self, tables: Sequence[Table[Any]]) -> None:
        for table in tables:
            self._take(f"drop {table.name}")
            await self._views.drop([table])

    async def verify(self, tables: Sequence[Table[Any]]) -> None:
        await self._views.verify(tables)

    async def healthy(self) -> bool:
        return await self._views.healthy()

    async def close(self) -> None:
        """The store stays open for the others."""


class SteppingPublisher(Publisher):
    """Appends to the real log."""

    def __init__(self, log: Log, keys: Keys, steps: Steps) -> None:
        """`steps` are shared with the views of the same process."""
        super().__init__(log, keys, "/toy")
        self._steps = steps

    async def publish(
        self,
        event: Event,
        *,
        actor: UUID | None,
        id: UUID | None = None,  # noqa: A002
        now: datetime | None = None,
        cause: Envelope | None = None,
    ) -> Published:
        self._steps.take(f"append {type(event).__name__}")
        return await super().publish(event, actor=actor, id=id, now=now, cause=cause)


def _mark(put: Put) -> str:
    mark = getattr(put.row, "mark", None)
    return f" {mark}" if mark else ""

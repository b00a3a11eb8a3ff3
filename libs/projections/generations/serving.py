"""The views as everybody but the workers sees them: each projection at the generation that serves now.

Where it serves is looked up once a second at the side, never by a read. A request pins what it found at its start, so
that its answer comes from one generation however many reads it makes.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, TypeVar

import msgspec

from libs.projections.failures import TRANSIENT
from libs.projections.generations.mapped import all_at
from libs.projections.generations.record import read_standing
from libs.projections.projection import Projection
from libs.vault import Vault, VaultUnavailable
from libs.views import Key, Put, Table, Views, ViewsUnavailable

R = TypeVar("R", bound=msgspec.Struct)

LOOK_EVERY = 1.0

log = logging.getLogger(__name__)

_pinned: ContextVar[Views | None] = ContextVar("pinned generations", default=None)


class Pin:
    """While it is entered, reads of this task come from the generations that served when it was made."""

    def __init__(self, views: Views | None) -> None:
        """Made by `ServingViews.pin`."""
        self._views = views
        self._token: Token[Views | None] | None = None

    def __enter__(self) -> None:
        self._token = _pinned.set(self._views)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _pinned.reset(self._token)


class ServingViews(Views):
    """A store, read and written where it serves. Closing this closes the store."""

    def __init__(self, store: Views, vault: Vault, projections: Sequence[Projection]) -> None:
        """`projections` are all whose tables may be asked for; `vault` knows where they stand."""
        self.store = store
        """All generations side by side, by the names of their tables."""
        self._vault, self._projections = vault, projections
        self._views: Views | None = None
        self._generations: Mapping[str, int] = {}
        self._looking: asyncio.Task[None] | None = None

    async def look(self) -> Mapping[str, int]:
        """Find out where each projection serves, now and from now on every second. Raises ViewsUnavailable."""
        try:
            await self._look()
        except VaultUnavailable as error:
            raise ViewsUnavailable(f"nobody can tell which tables serve: {error}") from error
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_on(), name="look which tables serve")
        return self._generations

    def pin(self) -> Pin:
        """For a request: enter it before the first read."""
        return Pin(self._views)

    async def get(self, table: Table[R], *key: object) -> R | None:
        """See `Reads.get`."""
        return await (_pinned.get() or self._views or await self._first()).get(table, *key)

    async def get_many(self, table: Table[R], keys: Sequence[Key]) -> list[R | None]:
        """See `Reads.get_many`."""
        return await (_pinned.get() or self._views or await self._first()).get_many(table, keys)

    async def scan(self, table: Table[R], partition: Key, *, prefix: Key = (), after: Key = (), limit: int) -> list[R]:
        """See `Reads.scan`."""
        views = _pinned.get() or self._views or await self._first()
        return await views.scan(table, partition, prefix=prefix, after=after, limit=limit)

    async def scan_many(
        self, table: Table[R], partitions: Sequence[Key], *, prefix: Key = (), limit: int
    ) -> list[list[R]]:
        """See `Reads.scan_many`."""
        views = _pinned.get() or self._views or await self._first()
        return await views.scan_many(table, partitions, prefix=prefix, limit=limit)

    async def write(self, *stages: Sequence[Put]) -> None:
        """See `Views.write`. Workers do not write through this: they know their generation."""
        await (_pinned.get() or self._views or await self._first()).write(*stages)

    async def migrate(self, tables: Sequence[Table[Any]]) -> Sequence[str]:
        """See `Views.migrate`: the tables as they are named."""
        return await self.store.migrate(tables)

    async def drop(self, tables: Sequence[Table[Any]]) -> None:
        """See `Views.drop`: the tables as they are named."""
        await self.store.drop(tables)

    async def verify(self, tables: Sequence[Table[Any]]) -> None:
        """See `Views.verify`: the tables that serve."""
        await (self._views or await self._first()).verify(tables)

    async def healthy(self) -> bool:
        """See `Views.healthy`."""
        return await self.store.healthy()

    async def close(self) -> None:
        """See `Views.close`."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking
        await self.store.close()

    async def _first(self) -> Views:
        await self.look()
        return self._views or self.store

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self._look()
            except TRANSIENT as error:
                log.warning("nobody can tell now which tables serve, reading those that did: %r", error)

    async def _look(self) -> None:
        found = await asyncio.gather(*(read_standing(self._vault, each.name) for each in self._projections))
        generations = {
            each.name: stands.standing.serving for each, stands in zip(self._projections, found, strict=True)
        }
        if self._views is None or generations != self._generations:
            self._generations = generations
            self._views = all_at(self.store, self._projections, generations)

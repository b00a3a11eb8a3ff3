"""Views in which a projection's tables are those of one generation, whatever serves."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec

from libs.projections.generations.places import Places
from libs.projections.progress import GENERATION
from libs.projections.projection import Projection
from libs.projections.tables import PARKED
from libs.views import Key, Put, Table, Views

R = TypeVar("R", bound=msgspec.Struct)


class MappedViews(Views):
    """Looks every table and key up in `places` and asks a store that others own: closing this closes nothing."""

    def __init__(self, store: Views, places: Places) -> None:
        """`store` holds all generations."""
        self._store, self._places = store, places

    async def get(self, table: Table[R], *key: object) -> R | None:
        """See `Reads.get`."""
        places = self._places
        row = await self._store.get(places.table(table), *places.key(table, cast("Key", key)))
        return row if row is None else places.rows(table, [row])[0]

    async def get_many(self, table: Table[R], keys: Sequence[Key]) -> list[R | None]:
        """See `Reads.get_many`."""
        places = self._places
        rows = await self._store.get_many(places.table(table), places.keys(table, keys))
        return [row and places.rows(table, [row])[0] for row in rows] if table is PARKED else rows

    async def scan(self, table: Table[R], partition: Key, *, prefix: Key = (), after: Key = (), limit: int) -> list[R]:
        """See `Reads.scan`."""
        places = self._places
        asked = places.key(table, partition)
        return places.rows(
            table, await self._store.scan(places.table(table), asked, prefix=prefix, after=after, limit=limit)
        )

    async def scan_many(
        self, table: Table[R], partitions: Sequence[Key], *, prefix: Key = (), limit: int
    ) -> list[list[R]]:
        """See `Reads.scan_many`."""
        places = self._places
        asked = places.keys(table, partitions)
        pages = await self._store.scan_many(places.table(table), asked, prefix=prefix, limit=limit)
        return [places.rows(table, page) for page in pages]

    async def write(self, *stages: Sequence[Put]) -> None:
        """See `Views.write`."""
        places = self._places
        await self._store.write(*([places.put(put) for put in stage] for stage in stages))

    async def migrate(self, tables: Sequence[Table[Any]]) -> Sequence[str]:
        """See `Views.migrate`: the tables as they are named."""
        return await self._store.migrate(tables)

    async def drop(self, tables: Sequence[Table[Any]]) -> None:
        """See `Views.drop`: the tables as they are named."""
        await self._store.drop(tables)

    async def verify(self, tables: Sequence[Table[Any]]) -> None:
        """See `Views.verify`: the tables that stand behind those named."""
        await self._store.verify([self._places.table(table) for table in tables])

    async def healthy(self) -> bool:
        """See `Views.healthy`."""
        return await self._store.healthy()

    async def close(self) -> None:
        """The store stays open for the others."""


def at_generation(store: Views, projection: Projection, generation: int) -> Views:
    """The store as a projection sees it whose tables are those of `generation`."""
    if generation == GENERATION:
        return store
    return MappedViews(store, Places([projection], {projection.name: generation}))


def all_at(store: Views, projections: Iterable[Projection], generations: Mapping[str, int]) -> Views:
    """The same for several, each at its own generation."""
    return MappedViews(store, Places(projections, generations)) if any(generations.values()) else store

"""How far the projections are behind the log, and what is usual under the load of the moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.log import LogUnavailable, Partition
from libs.projections import ViewProgress
from libs.vault import VaultUnavailable
from libs.views import ViewsUnavailable
from qiao.services import projections
from qiao.settings import Settings
from qiao.stores import Stores, open_stores

SAMPLES = 20


class Lag:
    """Looks from outside, through stores of its own."""

    def __init__(self, stores: Stores, settings: Settings) -> None:
        """Asks nothing yet."""
        self._stores = stores
        self._progress = ViewProgress(stores.views, stores.vault)
        self._projections = projections(settings)

    async def ends(self) -> dict[Partition, int]:
        """Where the log ends now."""
        log = self._stores.log
        places = [Partition(name, n) for name, info in (await log.topics()).items() for n in range(info.partitions)]
        return {place: bounds.end for place, bounds in (await log.bounds(places)).items()}

    async def behind(self, ends: dict[Partition, int]) -> int:
        """Events below these ends that are not folded yet, over all projections."""
        wanted = [
            (projection.name, place, end)
            for projection in self._projections
            for place, end in ends.items()
            if end and place.topic in projection.topics
        ]
        reached = await asyncio.gather(*(self._progress.reached(name, *place) for name, place, _ in wanted))
        return sum(max(0, end - at) for (_, _, end), at in zip(wanted, reached, strict=True))

    async def usual(self) -> int:
        """The most of a few looks; those that a busy store did not answer do not count."""
        return max([found for _ in range(SAMPLES) if (found := await self._now()) is not None])

    async def is_at_most(self, events: int) -> bool:
        """Whether that is so now; not where a store does not answer."""
        found = await self._now()
        return found is not None and found <= events

    async def _now(self) -> int | None:
        """Events behind; None where a store does not answer."""
        try:
            return await self.behind(await self.ends())
        except (LogUnavailable, ViewsUnavailable, VaultUnavailable):
            return None


@asynccontextmanager
async def lag_of(settings: Settings) -> AsyncIterator[Lag]:
    """Of the platform with these settings, for as long as the block lasts."""
    async with open_stores(settings, beside=True) as stores:
        yield Lag(stores, settings)

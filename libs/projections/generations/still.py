"""Standing still while one generation hands over to another: the workers' side.

Whoever hands over waits until each partition's owner has told that it folds no more. He may die meanwhile: then the
owners take the handover back after a while and go on as before. Every step is a compare-and-set of one record, so he
cannot complete what was taken back.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable

import msgspec

from libs.log import Partition
from libs.projections.generations.record import Moved, Standing, change, read_standing
from libs.vault import Vault

KIND = "handover-stopped"

TOLD_SECONDS = 120.0

LIMIT = 10.0
"""Seconds after which a handover is taken for dead."""

log = logging.getLogger(__name__)


class StandingStill:
    """What one host makes of its projection's record."""

    def __init__(self, vault: Vault, projection: str) -> None:
        """`projection` is its name."""
        self._vault, self._projection = vault, projection
        self.now: str | None = None
        """The id of the handover for which nothing is folded; None while there is none."""
        self._since = 0.0
        self._told: set[Partition] = set()

    async def look(self) -> Standing:
        """What stands now. A handover that takes too long is taken back. Raises VaultUnavailable."""
        stands = await read_standing(self._vault, self._projection)
        handover = stands.standing.handover
        time = asyncio.get_running_loop().time()
        if (handover.id if handover else None) != self.now:
            self.now, self._since, self._told = handover.id if handover else None, time, set()
        if handover is None or time - self._since < LIMIT:
            return stands.standing
        log.warning("%s goes on: handing over to generation %d takes too long", self._projection, handover.to)
        back = msgspec.structs.replace(stands.standing, handover=None)
        try:
            await change(self._vault, self._projection, stands, back)
        except Moved:
            log.info("the handover of %s was over just then", self._projection)
        return await self.look()

    async def tell(self, places: Collection[Partition]) -> None:
        """Say that none of these is folded any more, once each. Raises VaultUnavailable."""
        if self.now is None:
            return
        untold, said = set(places) - self._told, self.now.encode()
        keys = [_key(self._projection, place) for place in untold]
        await asyncio.gather(*(self._vault.put(KIND, key, said, ttl=TOLD_SECONDS) for key in keys))
        self._told |= untold


async def still_folded(vault: Vault, projection: str, handover: str, places: Iterable[Partition]) -> list[Partition]:
    """The partitions whose owner has not told that it has stopped for this handover. Raises VaultUnavailable."""
    places = list(places)
    items = await asyncio.gather(*(vault.get(KIND, _key(projection, place)) for place in places))
    return [place for place, item in zip(places, items, strict=True) if item is None or item.value != handover.encode()]


def _key(projection: str, place: Partition) -> str:
    return f"{projection}/{place.topic}/{place.number}"

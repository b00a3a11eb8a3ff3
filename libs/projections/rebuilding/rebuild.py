"""A rebuild from its begin to the swap, and back: what `qiao rebuild` does, one step after the other.

It may die anywhere. Whatever it has done is in the tables of the new generation, in its progress rows and in the
projection's record; the next run reads them and goes on.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Literal, NamedTuple

from msgspec.structs import replace

from libs.projections.generations.places import tables_of
from libs.projections.generations.record import Building, Moved, Standing, Stands, change, read_standing
from libs.projections.rebuilding.comparing import Compared, compare
from libs.projections.rebuilding.following import Follower
from libs.projections.rebuilding.ground import Ground
from libs.projections.rebuilding.lease import Lease, leased
from libs.projections.rebuilding.swapping import hand_over
from libs.projections.rebuilding.throttle import MAX_LAG, LiveLag, Throttle
from libs.vault import Vault

PAUSE_KIND = "rebuild-pause"
PAUSE_SECONDS = 60.0
LOOK_EVERY = 1.0

NEARLY_THERE = 500
"""Records between the two generations with which the swap can begin: workers stand still while these are folded."""

SWAP_TRIES = 3

READ_FOR = 10.0
"""Seconds after a swap in which some process may still read the tables of the generation before."""

Stage = Literal["filling", "comparing", "handing over", "dropping"]


class NothingToDo(Exception):
    """There is no such generation to do that with."""


class StillStands(Exception):
    """An earlier generation's tables still stand, and one more would be too many."""


class Paused(Exception):
    """Somebody asked to pause it."""


class Differs(Exception):
    """The new generation does not say the same as the one that serves."""

    def __init__(self, compared: Compared, parked: int) -> None:
        """`parked`: events that stand aside in the new generation only."""
        super().__init__(
            f"{len(compared.differences)} rows differ in {compared.partitions} partitions of tables, "
            f"{parked} events are parked that are not parked in the tables that serve"
        )
        self.compared, self.parked = compared, parked


class Progress(NamedTuple):
    """How far it is."""

    stage: Stage
    generation: int
    records: int
    """Folded by this process."""
    rows: int
    left: int
    """Records that are still to be folded."""
    held: float
    """Seconds for which it stood still for the sake of the live tables."""


def unheard(_: Progress) -> None:
    """Nobody looks."""


async def ask_to_pause(vault: Vault, projection: str) -> None:
    """Let the rebuild that runs end after the batch in hand. Raises VaultUnavailable."""
    await vault.put(PAUSE_KIND, projection, b"", ttl=PAUSE_SECONDS)


class Rebuild:
    """Made by `rebuilding`. Every method raises LeaseLost, Paused, Moved, DecidedLate and what the stores raise."""

    def __init__(self, ground: Ground, lease: Lease, max_lag: float, tell: Callable[[Progress], None]) -> None:
        """`max_lag` in seconds. `tell` hears how far it is, after every batch."""
        self._ground, self._lease, self._max_lag, self._tell = ground, lease, max_lag, tell
        self._name = ground.projection.name
        self._look_at = self._held = 0.0

    async def build(self, *, accept: bool = False, owners: bool = True, random: Random | None = None) -> Compared:
        """Fill a new generation, or go on with one; compare; hand over to it.

        `accept` hands over whatever the comparison finds. Without `owners` nobody folds the projection now. Raises
        Differs, StillStands, NobodyStopped.
        """
        stands = await self._begun()
        building = stands.standing.building or Building(generation=0)
        follower = await self._follower(stands.standing, building.generation, building.decisions)
        await self._fill(follower, building.generation)
        self._told("comparing", building.generation, follower, 0)
        compared = await self._compared(follower, building.generation, random or Random())  # noqa: S311 - no secret
        self._told("comparing", building.generation, follower, 0)
        parked = await self._parked_only(follower)
        if (compared.differences or parked) and not accept:
            raise Differs(compared, parked)
        await self._hand_over(follower, building.generation, owners)
        return compared

    async def roll_back(self, *, owners: bool = True) -> int:
        """Bring the generation before up to date and hand over to it; its number. Raises NothingToDo, NobodyStopped."""
        standing = (await read_standing(self._ground.vault, self._name)).standing
        if standing.previous is None:
            raise NothingToDo(f"{self._name} has no earlier generation whose tables stand")
        follower = await self._follower(standing, standing.previous, standing.previous_decisions)
        await self._fill(follower, standing.previous)
        await self._hand_over(follower, standing.previous, owners)
        return standing.previous

    async def drop_old(self) -> list[int]:
        """Drop the tables of the generation before, for good; the numbers of what was dropped. Raises NothingToDo."""
        stands = await read_standing(self._ground.vault, self._name)
        previous = stands.standing.previous
        if not previous and not stands.standing.dropping:
            always = "; generation 0 are the declared tables, which stay" if previous == 0 else ""
            raise NothingToDo(f"{self._name} has no earlier generation to drop{always}")
        # Where only an earlier drop is to be ended, the declared tables stay what a rollback brings back.
        return await self._drop(stands, replace(stands.standing, previous=None if previous else previous), previous)

    async def abandon(self) -> list[int]:
        """Drop the generation that is being filled, for good. Raises NothingToDo."""
        stands = await read_standing(self._ground.vault, self._name)
        building = stands.standing.building
        if building is None and not stands.standing.dropping:
            raise NothingToDo(f"nothing of {self._name} is being rebuilt")
        return await self._drop(
            stands, replace(stands.standing, building=None), building.generation if building else None
        )

    async def _begun(self) -> Stands:
        """A generation is on record, and its tables exist."""
        stands = await read_standing(self._ground.vault, self._name)
        standing = stands.standing
        if standing.building is not None:
            return stands
        if standing.previous or standing.dropping:
            number = standing.previous or standing.dropping[0]
            raise StillStands(f"generation {number} of {self._name} still stands: roll back to it, or drop it first")
        number = standing.highest + 1
        new = replace(standing, building=Building(generation=number), highest=number)
        return await change(self._ground.vault, self._name, stands, new)

    async def _follower(self, standing: Standing, number: int, decisions: Mapping[int, int]) -> Follower:
        await self._ground.store.migrate(tables_of(self._ground.projection, number))
        return Follower(self._ground, leading=standing.serving, following=number, decisions=decisions)

    async def _fill(self, follower: Follower, number: int) -> None:
        """Fold until only little is left. Everybody else goes on meanwhile."""
        throttle = Throttle(LiveLag(self._ground, follower.leads), self._max_lag)
        while True:
            round_ = await follower.look(self._noting(number))
            left = round_.records
            self._told("filling", number, follower, left)
            if left <= NEARLY_THERE:
                return

            async def between(records: int, spent: float) -> None:
                nonlocal left
                left -= records
                self._held = throttle.held
                self._told("filling", number, follower, left)
                await self._check()
                await throttle.after(spent)

            await follower.fold(round_, between)

    async def _compared(self, follower: Follower, number: int, random: Random) -> Compared:
        """Everybody goes on meanwhile: it is held back and paused as filling is."""
        throttle = Throttle(LiveLag(self._ground, follower.leads), self._max_lag)

        async def between(_records: int, spent: float) -> None:
            self._told("comparing", number, follower, 0)
            await self._check()
            await throttle.after(spent)

        return await compare(follower, random, lambda: follower.reach(self._noting(number), between))

    def _noting(self, number: int) -> Callable[[Mapping[int, int]], Awaitable[None]]:
        async def note(ends: Mapping[int, int]) -> None:
            stands = await read_standing(self._ground.vault, self._name)
            building = stands.standing.building
            if building is not None and building.generation == number:
                new = replace(stands.standing, building=replace(building, decisions=ends))
            else:
                new = replace(stands.standing, previous_decisions=ends)
            await change(self._ground.vault, self._name, stands, new)

        return note

    async def _parked_only(self, follower: Follower) -> int:
        """How many events stand aside in the new generation and not in the one that serves."""
        old = await self._ground.waiting(follower.leading)
        new = await self._ground.waiting(follower.following)
        return sum(len(set(new[place]) - set(old[place])) for place in self._ground.places)

    async def _hand_over(self, follower: Follower, number: int, owners: bool) -> None:
        self._told("handing over", number, follower, 0)
        for left in reversed(range(SWAP_TRIES)):
            await self._check()
            stands = await read_standing(self._ground.vault, self._name)
            try:
                await hand_over(self._ground, stands, follower, number, owners=owners)
            except Moved:
                if not left:
                    raise
            else:
                self._told("handing over", number, follower, 0)
                return

    async def _drop(self, stands: Stands, without: Standing, number: int | None) -> list[int]:
        """On record first: a death in between leaves nothing forgotten."""
        dropping = sorted({*without.dropping, *([number] if number else [])})
        ground = self._ground
        stands = await change(ground.vault, self._name, stands, replace(without, dropping=tuple(dropping)))
        self._tell(Progress("dropping", dropping[0], 0, 0, 0, 0.0))
        left = stands.standing.swapped_at / 1000 + READ_FOR - time.time()
        await asyncio.sleep(max(0.0, min(READ_FOR, left)))
        for each in dropping:
            await ground.store.drop(tables_of(ground.projection, each))
        await change(ground.vault, self._name, stands, replace(stands.standing, dropping=()))
        return dropping

    async def _check(self) -> None:
        """Whether to go on. Raises LeaseLost, Paused."""
        self._lease.check()
        now = asyncio.get_running_loop().time()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY
        if await self._ground.vault.delete(PAUSE_KIND, self._name):
            raise Paused(f"somebody asked to pause the rebuild of {self._name}: run it again to go on")

    def _told(self, stage: Stage, number: int, follower: Follower, left: int) -> None:
        folded = follower.replayed
        self._tell(Progress(stage, number, folded.events, folded.rows, max(0, left), self._held))


@asynccontextmanager
async def rebuilding(
    ground: Ground, owner: str, *, max_lag: float = MAX_LAG, tell: Callable[[Progress], None] = unheard
) -> AsyncIterator[Rebuild]:
    """The one rebuild of this projection while the block lasts. Raises LeaseHeld, VaultUnavailable."""
    async with leased(ground.vault, ground.projection.name, owner) as lease:
        # What was asked of an earlier run is not asked of this one.
        await ground.vault.delete(PAUSE_KIND, ground.projection.name)
        yield Rebuild(ground, lease, max_lag, tell)

"""Handing over from the generation that serves to another one, in steps of which each may be the last of a process.

1. The record says that a handover is under way: workers finish the batch in hand, stand still and say so.
2. The other generation is folded to where the old one stopped.
3. What the old one has emitted is the new one's: its mark is carried over.
4. The record says that the other generation serves. Workers fold and emit from there, requests read it.

A death before 4 leaves the old generation serving: workers take a handover that lasts too long back. A death after it
leaves nothing to be done.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from uuid import uuid4

from msgspec.structs import replace

from libs.projections.amendments import operations_ends
from libs.projections.failures import TRANSIENT
from libs.projections.generations.record import Handover, Moved, Standing, Stands, change
from libs.projections.generations.still import LIMIT, still_folded
from libs.projections.progress import Marks
from libs.projections.rebuilding.following import Follower
from libs.projections.rebuilding.ground import Ground

STOPPED_WITHIN = LIMIT / 2
"""Seconds in which every owner must have told that it stands still."""

LOOK_EVERY = 0.02


class NobodyStopped(Exception):
    """Some partitions' owners did not say that they stand still. The message says which."""


async def hand_over(ground: Ground, stands: Stands, follower: Follower, to: int, *, owners: bool = True) -> Stands:
    """Make `to` the generation that serves. `follower` fills it, and is nearly there.

    Without `owners` nobody is waited for: they are known not to run. Raises NobodyStopped, Moved, DecidedLate,
    ProjectionRefused, what the stores raise; the old generation serves on then.
    """
    handover, name = Handover(id=uuid4().hex, to=to), ground.projection.name
    if stands.standing.serving != follower.leads:
        raise Moved(f"generation {stands.standing.serving} of {name} serves now, not {follower.leads}: run it again")
    stands = await change(ground.vault, name, stands, replace(stands.standing, handover=handover))
    try:
        if owners:
            await _stopped(ground, handover.id)
        await catch_up(follower)
        await follower.check_reached()
        await _carry_emitted(ground, follower)
        ends = await operations_ends(ground.log)
        return await change(ground.vault, name, stands, _swapped(stands.standing, to, ends))
    except BaseException:
        # Whoever stands still for this goes on at once; a death here costs them the wait.
        with suppress(Moved, *TRANSIENT):
            await change(ground.vault, name, stands, replace(stands.standing, handover=None))
        raise


async def catch_up(follower: Follower) -> None:
    """Fold until there is nothing left between the two: where nobody folds the one that leads, for it ends only then.

    Raises DecidedLate, what the stores raise.
    """

    async def nothing(*_: object) -> None:
        """Neither paced nor counted: whoever stands still waits for it."""

    while (round_ := await follower.look(nothing)).records:
        await follower.fold(round_, nothing)


def _swapped(standing: Standing, to: int, decisions: Mapping[int, int]) -> Standing:
    building = standing.building
    return replace(
        standing,
        serving=to,
        previous=standing.serving,
        previous_decisions=decisions,
        swapped_at=time.time_ns() // 1_000_000,
        building=None if building is not None and building.generation == to else building,
        handover=None,
    )


async def _stopped(ground: Ground, handover: str) -> None:
    name, left = ground.projection.name, list(ground.places)
    try:
        async with asyncio.timeout(STOPPED_WITHIN):
            while True:
                left = await still_folded(ground.vault, name, handover, left)
                if not left:
                    return
                await asyncio.sleep(LOOK_EVERY)
    except TimeoutError:
        places = ", ".join(map(str, left[:3]))
        raise NobodyStopped(f"the owners of {len(left)} partitions of {name} do not answer: {places}") from None


async def _carry_emitted(ground: Ground, follower: Follower) -> None:
    """What lies below it is not emitted again.

    An event that stands aside in the old generation has emitted nothing: where it lies below the mark and the new one
    is yet to fold it, the mark that is carried over ends before it.
    """
    reached = await ground.marks(follower.leading, "reached")
    emitted = await ground.marks(follower.leading, "emitted")
    aside = await ground.waiting(follower.leading)
    marks = Marks(ground.projection.name)
    puts = []
    for place, end in emitted.items():
        unheard = [offset for _, offset in aside[place] if offset >= reached.get(place, 0)]
        puts.append(marks.put(place, "emitted", min([end, *unheard]), ground.epochs[place.topic]))
    await follower.following.write(puts)

"""What stands of a projection's generations, and how far a rebuild has come."""

import msgspec

from libs.projections.generations import read_standing
from libs.projections.rebuilding import Ground
from libs.projections.rebuilding.lease import holder


class BuildingStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A generation that is being filled."""

    generation: int
    records_left: int
    """Until it is where the generation is that serves, by offsets."""
    parked: int
    """Events that stand aside in it."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Of one projection."""

    projection: str
    serving: int
    previous: int | None
    """The generation that --rollback would bring back."""
    swapped_at: int
    """When `serving` began to serve, milliseconds since 1970 UTC; 0 if it always did."""
    building: BuildingStatus | None
    dropping: tuple[int, ...]
    handing_over: bool
    rebuilt_by: str | None
    """Who rebuilds now."""


async def status_of(ground: Ground) -> Status:
    """Raises ViewsUnavailable, VaultUnavailable, LogUnavailable."""
    name = ground.projection.name
    standing = (await read_standing(ground.vault, name)).standing
    building = standing.building
    return Status(
        projection=name,
        serving=standing.serving,
        previous=standing.previous,
        swapped_at=standing.swapped_at,
        building=await _building(ground, standing.serving, building.generation) if building else None,
        dropping=standing.dropping,
        handing_over=standing.handover is not None,
        rebuilt_by=await holder(ground.vault, name),
    )


async def _building(ground: Ground, serving: int, generation: int) -> BuildingStatus:
    ahead = await ground.marks(ground.at(serving), "reached")
    behind = await ground.marks(ground.at(generation), "reached")
    waiting = await ground.waiting(ground.at(generation))
    return BuildingStatus(
        generation=generation,
        records_left=sum(max(0, end - behind.get(place, 0)) for place, end in ahead.items()),
        parked=sum(map(len, waiting.values())),
    )

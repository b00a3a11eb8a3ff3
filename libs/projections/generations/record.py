"""Which generation of a projection's tables serves, which other ones stand, and what is being done about it.

One vault record per projection, changed by compare-and-set only: it is the one place where a swap happens.
"""

from collections.abc import Mapping

import msgspec

from libs.vault import Vault

KIND = "generations"


class Building(msgspec.Struct, frozen=True, kw_only=True):
    """A generation that is being filled. It is read by nobody."""

    generation: int
    decisions: Mapping[int, int] = {}
    """How far topic `operations` was read when this generation was last folded: by partition, its end then."""


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """From the generation that serves to another one: while it lasts, nobody folds either but who hands over."""

    id: str
    to: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of one projection."""

    serving: int = 0
    """The generation that is read, and that workers fold."""
    previous: int | None = None
    """The one that served before, while its tables stand: `rollback` brings it back."""
    previous_decisions: Mapping[int, int] = {}
    """How far topic `operations` was read when `previous` stopped serving."""
    swapped_at: int = 0
    """When `serving` began to serve, milliseconds since 1970 UTC; 0 if it always did."""
    dropping: tuple[int, ...] = ()
    """Generations whose tables are being dropped."""
    building: Building | None = None
    handover: Handover | None = None
    highest: int = 0
    """The highest number ever given: none is used twice, so that rows of an earlier try never show."""

    @property
    def generations(self) -> list[int]:
        """Every generation whose tables stand, the declared ones (0) included."""
        found = {0, self.serving, self.previous, self.building.generation if self.building else None}
        return sorted(number for number in found if number is not None)


class Stands(msgspec.Struct, frozen=True):
    """A record as it was read, for changing it."""

    standing: Standing
    version: int | None


class Moved(Exception):
    """Somebody else changed the record meanwhile: read it again."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Standing).decode


async def read_standing(vault: Vault, projection: str) -> Stands:
    """The record; that of a projection which was never rebuilt says generation 0. Raises VaultUnavailable."""
    item = await vault.get(KIND, projection)
    return Stands(_decode(item.value), item.version) if item else Stands(Standing(), None)


def serving_of(records: Mapping[str, bytes]) -> Mapping[str, int]:
    """The generation that serves by projection, of records of KIND. One that has none is at 0."""
    return {projection: _decode(value).serving for projection, value in records.items()}


async def change(vault: Vault, projection: str, stands: Stands, new: Standing) -> Stands:
    """Put `new` in the place of what was read. Raises Moved where that is not what stands there, VaultUnavailable."""
    item = await vault.compare_and_set(KIND, projection, stands.version, _encode(new))
    if item is None:
        raise Moved(f"the generations of {projection} were changed by somebody else meanwhile")
    return Stands(new, item.version)

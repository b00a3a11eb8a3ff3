"""Ids are UUIDv7: 48 bits of milliseconds since 1970, so that the order of ids is the order of time."""

from datetime import UTC, datetime
from hashlib import blake2b
from uuid import UUID

from uuid_utils.compat import uuid7

_TIME_SHIFT = 80
_SHAPE_MASK = (0xF << 76) | (0x3 << 62)
_SHAPE_V7 = (0x7 << 76) | (0x2 << 62)
_REST = ((1 << _TIME_SHIFT) - 1) & ~_SHAPE_MASK
_MAX_MS = (1 << 48) - 1


def new_id() -> UUID:
    """A new UUIDv7 of now. For what a person begins; what a handler makes gets a `derived_id`."""
    return uuid7()


def derived_id(cause: UUID, *parts: str) -> UUID:
    """The id of what follows from `cause`: the cause's time, the rest a hash of the cause and the parts, as a v7.

    The same cause and parts give the same id for ever. Raises ValueError if the cause is not a UUIDv7.
    """
    ms = time_of(cause)
    digest = blake2b(cause.bytes, digest_size=10)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(4, "big") + data)
    return _v7(ms, int.from_bytes(digest.digest(), "big"))


def is_v7(id: UUID) -> bool:  # noqa: A002  # an id is called an id everywhere
    """Whether the id is a UUIDv7: whether it has a time."""
    return id.int & _SHAPE_MASK == _SHAPE_V7


def time_of(id: UUID) -> int:  # noqa: A002
    """When the id was made, in milliseconds since 1970 UTC. Raises ValueError if it is not a UUIDv7."""
    if not is_v7(id):
        raise ValueError(f"{id} is not a UUIDv7")
    return id.int >> _TIME_SHIFT


def moment_of(id: UUID) -> datetime:  # noqa: A002
    """When the id was made, UTC, to the millisecond. Raises ValueError if it is not a UUIDv7."""
    return datetime.fromtimestamp(time_of(id) / 1000, UTC)


def lowest_at(ms: int) -> UUID:
    """The lowest id of that millisecond: where a scan by time begins. Raises ValueError outside of 48 bits."""
    return _v7(ms, 0)


def highest_at(ms: int) -> UUID:
    """The highest id of that millisecond: where a scan by time ends. Raises ValueError outside of 48 bits."""
    return _v7(ms, _REST)


def _v7(ms: int, rest: int) -> UUID:
    if not 0 <= ms <= _MAX_MS:
        raise ValueError(f"{ms} ms does not fit into a UUIDv7")
    return UUID(int=ms << _TIME_SHIFT | rest & _REST | _SHAPE_V7)

"""Keyset cursors: where the next page begins. Opaque, signed, bound to an address and a viewer."""

from collections.abc import Sequence
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec

from libs.http.inputs import Input, whole
from libs.http.kinds import MALFORMED
from libs.http.problems import in_query
from libs.http.signing import MAX_LENGTH, Sealer, Tampered

C = TypeVar("C", bound=msgspec.Struct)


Cursor = Annotated[
    str,
    whole(r"[\w.-]+", "The `next_cursor` of the page before.", max_length=MAX_LENGTH),
]


class Paging(Input, frozen=True, kw_only=True):
    """The query of a list: how many, and from where."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100, description="How many items at most.")] = 20
    cursor: Cursor | None = None


class Cursors:
    """Signs and opens cursors."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        """The last secret signs, all of them verify."""
        self._sealer = Sealer(secrets, msgspec.Raw, "cursor")

    def bound(self, address: str, viewer: UUID | None) -> "CallCursors":
        """Cursors that only work at this address (the request's path) for this viewer."""
        return CallCursors(self._sealer, f"{viewer or ''}:{address}")


class CallCursors:
    """The cursors of one request."""

    __slots__ = ("_bound_to", "_sealer")

    def __init__(self, sealer: Sealer[msgspec.Raw], bound_to: str) -> None:
        """Made by `Cursors.bound`."""
        self._sealer, self._bound_to = sealer, bound_to

    def open(self, cursor: str | None, kind: type[C]) -> C | None:
        """What `sign` was given; None for None. Raises MALFORMED, naming `cursor`, for anything else."""
        if cursor is None:
            return None
        try:
            return msgspec.msgpack.decode(self._sealer.open(cursor, self._bound_to), type=kind)
        except (Tampered, msgspec.DecodeError):
            error = in_query("cursor", "was not made for this list: start again without it")
            raise MALFORMED("The cursor is not valid here.", error) from None

    def sign(self, place: msgspec.Struct) -> str:
        """The cursor for a place in this list."""
        return self._sealer.sign(msgspec.Raw(msgspec.msgpack.encode(place)), self._bound_to)

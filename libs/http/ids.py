"""Ids for what a request creates: a retry of the request gets the same ones."""

from uuid import UUID

from libs.events import derived_id, new_id


class Ids:
    """The ids of one request, all from one seed: the record of an Idempotency-Key need hold no more than that."""

    __slots__ = ("_given", "_seed")

    def __init__(self, seed: UUID | None = None) -> None:
        """`seed` is a UUIDv7 kept under the request's Idempotency-Key; None for a request without one."""
        self._seed = seed
        self._given = 0

    def next(self) -> UUID:
        """The next id: a UUIDv7."""
        if self._seed is None:
            return new_id()
        self._given += 1
        return self._seed if self._given == 1 else derived_id(self._seed, str(self._given))

"""A service's own copy of who registered which handle: its table, the handler that fills it, and the reads."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from libs.events import AccountRegistered, Event, Meta
from libs.people.tables import HandleClaim, handles_table
from libs.projections import Handler, Out, folds
from libs.views import Reads, Table


class Owners:
    """Who owns which handle as the log says, for one service."""

    def __init__(self, service: str) -> None:
        """Declare it once per service: a table is compared by identity."""
        self._handles = handles_table(service)

    @property
    def tables(self) -> tuple[Table[Any], ...]:
        """For the service's projection."""
        return (self._handles,)

    @property
    def handlers(self) -> Sequence[tuple[type[Event], Handler]]:
        """For the service's projection, where nothing else folds registrations."""
        return (folds(AccountRegistered, self.registered),)

    def registered(self, event: AccountRegistered, meta: Meta, out: Out) -> None:
        """A claim more. For who folds registrations to more than this."""
        out.put(self._handles, HandleClaim(event.handle, meta.log_time, event.account))

    async def account_of(self, reads: Reads, handle: str) -> UUID | None:
        """Who owns a handle; None if nobody was seen to register it."""
        claims = await reads.scan(self._handles, (handle,), limit=1)
        return claims[0].account if claims else None

    async def accounts_of(self, reads: Reads, handles: Sequence[str]) -> dict[str, UUID]:
        """Who owns which of these handles; those of nobody are left out."""
        found = await reads.scan_many(self._handles, [(handle,) for handle in handles], limit=1)
        return {claims[0].handle: claims[0].account for claims in found if claims}

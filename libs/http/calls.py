"""One request as a handler sees it: everything decoded, checked and typed."""

from datetime import datetime
from typing import Generic
from uuid import UUID

from typing_extensions import TypeVar

from libs.http.cursors import CallCursors, Cursors
from libs.http.ids import Ids
from libs.http.kinds import SIGN_IN
from libs.http.tries import ONE_TRY, Tries

B = TypeVar("B", default=None)
P = TypeVar("P", default=None)
Q = TypeVar("Q", default=None)


class Call(Generic[B, P, Q]):
    """One request: `Call[Body, Path, Query]`, each a struct or None, later ones may be left out."""

    __slots__ = (
        "_address",
        "_cursors",
        "_ids",
        "body",
        "network",
        "path",
        "query",
        "received",
        "request_id",
        "tries",
        "viewer",
    )

    def __init__(
        self,
        body: B,
        path: P,
        query: Q,
        viewer: UUID | None,
        received: datetime,
        request_id: str,
        cursors: Cursors,
        address: str,
        ids: Ids,
        tries: Tries = ONE_TRY,
        network: str = "",
    ) -> None:
        """The gateway makes these; tests use `libs.http.testing.call`."""
        self.body = body
        self.path = path
        self.query = query
        self.viewer = viewer
        """The account that is signed in, None if nobody is."""
        self.received = received
        """When the request came in, UTC: the request's "now". With an Idempotency-Key, when its first try came in."""
        self.request_id = request_id
        self._cursors, self._address = cursors, address
        self._ids = ids
        self.network = network
        """From where the request comes, as `network_of` tells it: an IPv4 address or an IPv6 /64."""
        self.tries = tries
        """What keeps the decision for a retry with the same Idempotency-Key."""

    @property
    def cursors(self) -> CallCursors:
        """Opens and signs cursors, bound to this address and viewer."""
        return self._cursors.bound(self._address, self.viewer)

    @property
    def account(self) -> UUID:
        """The account that is signed in. Never fails where sign-in is required; raises SIGN_IN elsewhere."""
        if self.viewer is None:
            raise SIGN_IN("This needs an account.", headers={"WWW-Authenticate": "Bearer"})
        return self.viewer

    def new_id(self) -> UUID:
        """The next id (UUIDv7) for something that this request creates.

        A retry with the same Idempotency-Key gets the same ids in the same order, all with the time of the first try.
        Take one for every event, too: then a retry appends copies of the same events.
        """
        return self._ids.next()

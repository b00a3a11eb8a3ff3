"""For tests of services: a call without a gateway."""

from datetime import UTC, datetime
from uuid import UUID

from libs.http.calls import B, Call, P, Q
from libs.http.cursors import Cursors
from libs.http.ids import Ids
from libs.http.tries import ONE_TRY, Tries

_CURSORS = Cursors([b"only for tests"])


def call(
    body: B,
    path: P,
    query: Q,
    *,
    viewer: UUID | None = None,
    received: datetime | None = None,
    address: str = "/",
    seed: UUID | None = None,
    tries: Tries = ONE_TRY,
    network: str = "",
) -> Call[B, P, Q]:
    """A request as a handler sees it; parts that the route does not declare are None."""
    return Call(
        body=body,
        path=path,
        query=query,
        viewer=viewer,
        received=received or datetime.now(UTC),
        request_id="0" * 32,
        cursors=_CURSORS,
        address=address,
        ids=Ids(seed),
        tries=tries,
        network=network,
    )

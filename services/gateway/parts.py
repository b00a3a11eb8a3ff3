"""What the gateway is made of: `qiao` fills this in."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

import msgspec

from libs.http import Cursors, Positions, Route, Tokens, Waits
from libs.log.publisher import utc_now
from services.gateway.admitting import Admins, nobody
from services.gateway.health import Check, Lifecycle
from services.gateway.idempotency import Idempotency
from services.gateway.limits import Limits
from services.gateway.pages import Pages


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that answering takes."""

    routes: Sequence[Route]
    tokens: Tokens
    cursors: Cursors
    positions: Positions
    waits: Waits
    idempotency: Idempotency
    checks: Mapping[str, Check]
    """By the name that /readyz shows."""
    lifecycle: Lifecycle
    limits: Limits | None = None
    """None: nobody is limited."""
    admins: Admins = nobody
    pages: Pages | None = None
    """What admins see under /debug; None for no such address."""
    trusted_proxies: int = 0
    """How many proxies of ours stand in front: so many entries of X-Forwarded-For are believed, from its end."""
    clock: Callable[[], datetime] = utc_now
    """The present of every request, with a time zone: a replay's is the moment that it shows."""
    pin: Callable[[], AbstractContextManager[None]] = nullcontext
    """Entered around a handler: what it reads is of one state of the tables, whatever is swapped meanwhile."""
    version: str = "0"

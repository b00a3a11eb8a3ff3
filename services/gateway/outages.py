"""Stores that are away, in the log: a line when it begins and a line when it is over, whatever it costs."""

import logging
import time
from collections.abc import Callable

from libs.log import LogUnavailable, UnknownTopic
from libs.vault import VaultUnavailable
from libs.views import ViewsUnavailable

AWAY = (LogUnavailable, UnknownTopic, ViewsUnavailable, VaultUnavailable, TimeoutError)
"""A store cannot be reached just now: said as 503, the client may try again."""

QUIET = 5.0
"""Seconds without a failure before it is taken for over: what comes and goes is one outage, not hundreds."""

_NAMES = ((LogUnavailable, "the log"), (ViewsUnavailable, "the views"), (VaultUnavailable, "the vault"))

log = logging.getLogger(__name__)


class Outage:
    """One store that is away."""

    def __init__(self) -> None:
        """Nothing failed yet."""
        self.refused = 0
        self.last = 0.0
        self.routes: set[str] = set()


class Outages:
    """What is away, as the requests of one gateway find it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """All is well. `clock` in seconds."""
        self._clock = clock
        self._away: dict[str, Outage] = {}

    def failed(self, route: str, error: Exception) -> None:
        """A request could not be answered."""
        store = _store(error)
        if store not in self._away:
            log.warning("%s cannot be reached: %r; requests are answered with 503 until it is back", store, error)
        outage = self._away.setdefault(store, Outage())
        outage.refused += 1
        outage.last = self._clock()
        outage.routes.add(route)
        log.debug("%s cannot be answered now: %r", route, error)

    def answered(self, route: str) -> None:
        """A request was answered. What its route failed at before is over, if nothing failed at it for a while."""
        if not self._away:
            return
        now = self._clock()
        over = [name for name, one in self._away.items() if route in one.routes and now - one.last >= QUIET]
        for name in over:
            log.warning("%s is back; %d requests were answered with 503", name, self._away.pop(name).refused)


def _store(error: Exception) -> str:
    for kind, name in _NAMES:
        if isinstance(error, kind):
            return name
    return "a topic" if isinstance(error, UnknownTopic) else "a store"

"""How long handlers take: the clock is read once per event, and one mean per event type and batch is told.

An observation per event would cost as much as a small handler does (docs/decisions/0005-telemetry.md).
"""

from collections import defaultdict
from collections.abc import Iterator
from time import perf_counter


class Laps:
    """A stopwatch over the events of one batch. It runs from the beginning."""

    def __init__(self) -> None:
        """Starts now."""
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._last = perf_counter()

    def take(self, kind: str) -> None:
        """An event of this type is done."""
        now = perf_counter()
        self._seconds[kind] += now - self._last
        self._counts[kind] += 1
        self._last = now

    def means(self) -> Iterator[tuple[str, float]]:
        """The mean seconds of one event, by type."""
        for kind, seconds in self._seconds.items():
            yield kind, seconds / self._counts[kind]

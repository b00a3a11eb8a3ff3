"""How far the broker's clock is off ours, as far as appends tell: the broker stamps each with its own time."""

import time
from collections.abc import Callable

from aiokafka.structs import RecordMetadata

KEEP = 60.0
"""Seconds after which a measurement says nothing any more: a clock that was set right must be believed again."""


class BrokerClock:
    """Remembers the last measurement."""

    def __init__(self, ours: Callable[[], float] = time.time, elapsed: Callable[[], float] = time.monotonic) -> None:
        """`ours` is the clock to compare, in seconds since 1970 UTC."""
        self._ours, self._elapsed = ours, elapsed
        self._skew, self._measured = 0.0, float("-inf")

    def begin(self) -> float:
        """Our time before an append."""
        return self._ours()

    def end(self, began: float, metadata: RecordMetadata) -> None:
        """Acknowledged: the broker's time lies within ours from `began` to now, or is off by the rest."""
        if metadata.timestamp is None or metadata.timestamp < 0:
            return
        there = metadata.timestamp / 1000
        self._skew = min(0.0, there - began) or max(0.0, there - self._ours())
        self._measured = self._elapsed()

    def skew(self) -> float:
        """Seconds by which the broker is ahead of us (behind where negative); 0 where nothing was measured lately."""
        return self._skew if self._elapsed() - self._measured < KEEP else 0.0

"""How far the broker's clock is off ours, as records tell: the broker stamps each with its own time."""

import time
from collections import deque
from collections.abc import Callable

from aiokafka.structs import RecordMetadata

KEEP = 60.0
"""Seconds after which a measurement says nothing any more: a clock that was set right must be believed again."""
SHARP = 5.0
"""Seconds within which a record must have been appended to tell that the clocks agree."""
LOOKS = 5
"""Reads that must agree: a record is stamped before its replicas have it; one that waited for a slow one looks old."""


class BrokerClock:
    """Remembers the last measurement."""

    def __init__(self, ours: Callable[[], float] = time.time, elapsed: Callable[[], float] = time.monotonic) -> None:
        """`ours` is the clock to compare, in seconds since 1970 UTC."""
        self._ours, self._elapsed = ours, elapsed
        self._skew, self._measured = 0.0, float("-inf")
        self._looks: deque[float] = deque(maxlen=LOOKS)

    def begin(self) -> float:
        """Our time before an append."""
        return self._ours()

    def end(self, began: float, metadata: RecordMetadata) -> None:
        """Acknowledged: the broker's time lies within ours from `began` to now, or is off by the rest."""
        if metadata.timestamp is not None and metadata.timestamp >= 0:
            self._measured_as(self._off(metadata.timestamp / 1000, began))

    def read(self, first: float, last: float, not_before: float | None) -> None:
        """Records were read, stamped from `first` to `last`; appended after our time `not_before`, where that is known.

        Old ones tell only of a broker that is ahead: they say nothing while they could be right.
        """
        skew = self._off(last, last) or (0.0 if not_before is None else self._off(first, not_before))
        if skew or (not_before is not None and self._ours() - not_before < SHARP):
            self._looks.append(skew)
        if len(self._looks) == LOOKS:
            self._measured_as(min(self._looks, key=abs))
            self._looks.popleft()

    def _off(self, there: float, earliest: float) -> float:
        return min(0.0, there - earliest) or max(0.0, there - self._ours())

    def _measured_as(self, skew: float) -> None:
        self._skew, self._measured = skew, self._elapsed()

    def skew(self) -> float:
        """Seconds by which the broker is ahead of us (behind where negative); 0 where nothing was measured lately."""
        return self._skew if self._elapsed() - self._measured < KEEP else 0.0

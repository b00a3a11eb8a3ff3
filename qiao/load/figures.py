"""What a phase cost."""

from array import array
from collections import Counter
from collections.abc import Mapping
from time import perf_counter

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A phase in figures. Times are of answered requests, as the client sees them."""

    name: str
    count: int
    """Requests that succeeded."""
    errors: Mapping[str, int]
    """Requests that did not, by what was answered: a problem's code, `away`, or `stale` where a wait was over first."""
    seconds: float
    """How long the phase took."""
    rate: float
    """Successes per second."""
    p50_ms: float
    p99_ms: float

    @property
    def failed(self) -> int:
        """How many requests did not succeed."""
        return sum(self.errors.values())


class Recorder:
    """Takes down requests while a phase runs."""

    def __init__(self, name: str) -> None:
        """The phase begins now."""
        self._name, self._began = name, perf_counter()
        self._times = array("d")
        self._errors: Counter[str] = Counter()

    def success(self, began: float) -> None:
        """A request that began then (perf_counter) has been answered as it should."""
        self._times.append(perf_counter() - began)

    def failure(self, what: str) -> None:
        """A request came to nothing."""
        self._errors[what] += 1

    @property
    def failed(self) -> int:
        """How many requests have come to nothing so far."""
        return sum(self._errors.values())

    def figure(self, seconds: float | None = None) -> Figure:
        """The phase ends now, or took the seconds given."""
        seconds = perf_counter() - self._began if seconds is None else seconds
        times = sorted(self._times)
        return Figure(
            name=self._name,
            count=len(times),
            errors=dict(self._errors),
            seconds=seconds,
            rate=len(times) / seconds if seconds else 0.0,
            p50_ms=_at(times, 0.50) * 1000,
            p99_ms=_at(times, 0.99) * 1000,
        )


def _at(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))] if times else 0.0

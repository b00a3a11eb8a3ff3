"""What a measurement is: a value beside its floor, and what it is to reach."""

import time
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec


class Target(NamedTuple):
    """What a figure is to reach, told of its value or of its ratio to the floor."""

    of: Literal["value", "ratio"]
    least: bool
    """Whether it is to be at least the bound; else at most."""
    bound: float

    def __str__(self) -> str:
        """As the table shows it."""
        bound = f"{self.bound:.0%} of the floor" if self.of == "ratio" else f"{self.bound:,g}"
        return f"{'≥' if self.least else '≤'} {bound}"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    """The same, of the bare code, measured in the same run. None where nothing bare does this work."""
    note: str = ""
    """What the floor does, and what else the value needs to be understood."""
    target: Target | None = None

    @property
    def ratio(self) -> float | None:
        """The value as a multiple of its floor."""
        return self.value / self.floor if self.floor else None

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None without a target."""
        if self.target is None:
            return None
        reached = self.value if self.target.of == "value" else self.ratio
        if reached is None:
            return False
        return reached >= self.target.bound if self.target.least else reached <= self.target.bound


class Spent(NamedTuple):
    """What a piece of work took."""

    seconds: float
    cpu: float
    """Seconds of processors, in all threads of this process: it tells the software from a busy machine."""


class Watch:
    """Runs from the moment that it is made."""

    def __init__(self) -> None:
        """Begins."""
        self._began, self._cpu = time.perf_counter(), time.process_time()

    def spent(self) -> Spent:
        """So far."""
        return Spent(time.perf_counter() - self._began, time.process_time() - self._cpu)


def at_least(bound: float, of: Literal["value", "ratio"] = "value") -> Target:
    """A target from below."""
    return Target(of, True, bound)


def at_most(bound: float, of: Literal["value", "ratio"] = "value") -> Target:
    """A target from above."""
    return Target(of, False, bound)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share (0 to 1) of the values lies. Raises ValueError where there are none."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

"""Upcasters: how the data of an old version becomes that of the newest, so that handlers see only the newest."""

from collections.abc import Callable

from libs.events.event import Event, spec_of

Data = dict[str, object]
"""An event's data as JSON has it: ids and times as text, personal fields as their tokens."""

Upcaster = Callable[[Data], Data]
"""A pure function from the data of one version to that of the next. It may change what it is given."""

_upcasters: dict[tuple[str, int], Upcaster] = {}


class UpcasterMissing(Exception):
    """An old version is in the log and nothing says how to read it: a mistake in the program, not in the data."""


def upcaster(cls: type[Event], *, since: int) -> Callable[[Upcaster], Upcaster]:
    """Declare how the data of version `since` of a type becomes that of version `since + 1`.

    Raises TypeError at import if that step is declared already, or if the type has no such older version.
    """
    spec = spec_of(cls)
    step = (spec.type, since)

    def declare(function: Upcaster) -> Upcaster:
        if step in _upcasters:
            raise TypeError(f"the step of {spec.type} from version {since} is declared already")
        if not 1 <= since < spec.version:
            raise TypeError(f"{spec.type} is at version {spec.version}: there is no step from version {since}")
        _upcasters[step] = function
        return function

    return declare


def missing_steps(cls: type[Event]) -> list[int]:
    """The versions of a type from which no upcaster leads on; empty if its chain is whole."""
    spec = spec_of(cls)
    return [since for since in range(1, spec.version) if (spec.type, since) not in _upcasters]


def upcast(type: str, version: int, newest: int, data: Data) -> Data:  # noqa: A002  # CloudEvents' word
    """Lead data from its version to the newest, step by step. Raises UpcasterMissing, and what upcasters raise."""
    for since in range(version, newest):
        step = _upcasters.get((type, since))
        if step is None:
            raise UpcasterMissing(f"{type} has no upcaster from version {since}: declare it with @upcaster")
        data = step(data)
    return data

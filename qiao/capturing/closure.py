"""Following causes and effects to their end."""

from collections.abc import Callable, Iterable
from typing import Protocol

from qiao.capturing.index import Links


class LinkIndex(Protocol):
    """Who knows what each record answers to and asks for."""

    def answering(self, names: Iterable[int]) -> set[int]:
        """The records that answer to any of these names."""

    def asking(self, records: Iterable[int]) -> Iterable[Links]:
        """What these records ask for."""


def closed(index: LinkIndex, seeds: Iterable[int], also: Iterable[int], told: Callable[[int], object]) -> set[int]:
    """The seeds with all that followed from them, then the causes of all these, and theirs.

    What followed from a cause alone is left out: else a like would bring in everything that its post's author ever
    set off, and soon the whole log. `also` are names whose records are needed, too. `told` hears how many there are.
    """
    effects = _followed(index, set(seeds), lambda asking: asking.forward, told)
    return _followed(index, effects | index.answering(also), lambda asking: asking.back, told)


def _followed(
    index: LinkIndex, begin: set[int], asked: Callable[[Links], Iterable[int]], told: Callable[[int], object]
) -> set[int]:
    found, fresh, names = set(begin), begin, set[int]()
    while fresh:
        told(len(found))
        new = {name for asking in index.asking(fresh) for name in asked(asking)} - names
        names |= new
        fresh = index.answering(new) - found
        found |= fresh
    return found

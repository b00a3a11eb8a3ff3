"""A graph of people: one edge a line, two names with a space between."""

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

MOST_EDGES = 1_000_000

_NAME = re.compile(r"[a-z0-9_]{1,20}")


class GraphInvalid(ValueError):
    """The file is no graph. The message names the line."""


class Graph(msgspec.Struct, frozen=True):
    """People by name, and who knows whom: each edge once, its ends as indices into the people."""

    people: Sequence[str]
    edges: Sequence[tuple[int, int]]

    @property
    def follows(self) -> list[tuple[int, int]]:
        """Each edge both ways: (who follows, whom)."""
        return [pair for a, b in self.edges for pair in ((a, b), (b, a))]


def read_graph(path: Path) -> Graph:
    """The graph in a file; empty lines and those that begin with # say nothing. Raises GraphInvalid, OSError."""
    people: dict[str, int] = {}
    edges: dict[tuple[int, int], None] = {}
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.startswith("#"):
                a, b = (people.setdefault(name, len(people)) for name in _names(path, number, line))
                edges[min(a, b), max(a, b)] = None
                if len(edges) > MOST_EDGES:
                    raise GraphInvalid(f"{path}:{number}: more than {MOST_EDGES} edges")
    if not edges:
        raise GraphInvalid(f"{path}: no edge in it")
    return Graph(tuple(people), tuple(edges))


def _names(path: Path, number: int, line: str) -> list[str]:
    names = line.split()
    if len(names) != 2:
        raise GraphInvalid(f"{path}:{number}: needs two names with a space between, not {line.strip()[:60]!r}")
    for name in names:
        if not _NAME.fullmatch(name):
            raise GraphInvalid(f"{path}:{number}: {name[:60]!r} is no name: 1 to 20 of a-z, 0-9 and _")
    if names[0] == names[1]:
        raise GraphInvalid(f"{path}:{number}: {names[0]!r} cannot follow itself")
    return names

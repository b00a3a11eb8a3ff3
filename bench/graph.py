"""The Reed98 community, or its busiest part: who is friends with whom; each edge is followed both ways."""

from collections import Counter
from pathlib import Path

from qiao.load import Graph, read_graph

REED98 = Path(__file__).parent / "data" / "reed98.edges"
"""18,812 friendships among 962 people (Reed College, of the Facebook100 set): one pair of numbers a line."""


def reed98(people: int | None = None) -> Graph:
    """The whole community, or the part among the `people` with the most friends."""
    whole = read_graph(REED98)
    friends = Counter(end for edge in whole.edges for end in edge)
    number = {old: new for new, (old, _) in enumerate(friends.most_common(people))}
    edges = [(number[a], number[b]) for a, b in whole.edges if a in number and b in number]
    return Graph([whole.people[old] for old in number], edges)


def followers_in(graph: Graph) -> list[list[int]]:
    """Of each person, by index, the followers."""
    found: list[list[int]] = [[] for _ in graph.people]
    for follower, followed in graph.follows:
        found[followed].append(follower)
    return found

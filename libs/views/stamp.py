"""Write stamps: last writer wins by the log, not by a clock.

A stamp orders two writes of one row by the place in the log of the events that caused them:
`((epoch << 40 | offset) << 8) | revision`. The epoch belongs to the topic and rises when it is re-created or restored;
the revision is 0 except for a repair. Cassandra takes it as `USING TIMESTAMP` (a signed 64-bit number).
"""

OFFSET_BITS = 40
REVISION_BITS = 8
MAX_EPOCH = (1 << 15) - 1


def stamp(epoch: int, offset: int, revision: int = 0) -> int:
    """The stamp of what the event at `offset` writes. Raises ValueError outside the bounds of the format."""
    if not (0 <= epoch <= MAX_EPOCH and 0 <= offset < 1 << OFFSET_BITS and 0 <= revision < 1 << REVISION_BITS):
        raise ValueError(f"no stamp for epoch {epoch}, offset {offset}, revision {revision}")
    return (epoch << OFFSET_BITS | offset) << REVISION_BITS | revision

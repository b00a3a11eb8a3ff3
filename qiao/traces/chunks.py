"""Parts packed together: one blob for a few dozen of them, a tenth of their size.

It is not for the size alone. The thread that writes shares Python's lock with the platform, and each small call into
zlib or SQLite hands that lock over and back, at a busy moment at a millisecond apiece. Chunks need a few large calls.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from libs.telemetry.local import Part

CHUNK_SPANS = 500
"""A chunk is full with the part that brings it there."""
MAX_PARTS = 1 << 10
"""Numbers of parts in a chunk; none has as many, for each has a span."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Part]).decode


def seq_of(chunk: int, number: int) -> int:
    """What a part is filed under: its chunk, and its number in it."""
    return chunk * MAX_PARTS + number


def chunk_of(seq: int) -> int:
    """The chunk that a part is in."""
    return seq // MAX_PARTS


def number_of(seq: int) -> int:
    """Which part of its chunk it is, from 0."""
    return seq % MAX_PARTS


def chunks_of(parts: Iterable[Part], max_parts: int) -> Iterator[Sequence[Part]]:
    """The parts in their order, cut into chunks of at most `max_parts`."""
    chunk, spans = list[Part](), 0
    for part in parts:
        chunk.append(part)
        spans += len(part.spans)
        if spans >= CHUNK_SPANS or len(chunk) >= max_parts:
            yield chunk
            chunk, spans = [], 0
    if chunk:
        yield chunk


def pack(parts: Sequence[Part]) -> bytes:
    """As it is stored."""
    return zlib.compress(_encode(parts), 1)


def unpack(body: bytes) -> Sequence[Part]:
    """What `pack` packed. Raises zlib.error, msgspec.MsgspecError."""
    return _decode(zlib.decompress(body))

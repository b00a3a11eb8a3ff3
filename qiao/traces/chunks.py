"""Parts packed together: one blob for a few dozen of them, a tenth of their size, with a head for each to look through.

It is not for the size alone. The thread that writes shares Python's lock with the platform, and each small call into
zlib or SQLite hands that lock over and back, at a busy moment at a millisecond apiece. Chunks need a few large calls.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from libs.telemetry.local import Part
from libs.telemetry.local.parts import SpanKind

CHUNK_SPANS = 500
"""A chunk is full with the part that brings it there."""


class Head(msgspec.Struct, frozen=True, array_like=True):
    """What a part is looked for by."""

    trace: str
    kind: SpanKind
    name: str
    took: int
    """Nanoseconds."""
    links: tuple[str, ...] = ()
    """The traces whose events it handled."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Part]).decode
_decode_heads = msgspec.json.Decoder(list[Head]).decode


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
    """As they are stored."""
    return zlib.compress(_encode(parts), 1)


def unpack(body: bytes) -> Sequence[Part]:
    """What `pack` packed. Raises zlib.error, msgspec.MsgspecError."""
    return _decode(zlib.decompress(body))


def heads(parts: Iterable[Part]) -> str:
    """The heads of these parts, in their order, as text in which a trace's id can be searched."""
    return _encode([_head(part) for part in parts]).decode()


def heads_in(text: str) -> Sequence[Head]:
    """What `heads` wrote. Raises msgspec.MsgspecError."""
    return _decode_heads(text)


def _head(part: Part) -> Head:
    root = part.root
    return Head(part.trace, root.kind, root.name, root.took, tuple({link.trace for link in root.links}))

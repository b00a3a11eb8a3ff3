"""Values as the native protocol has them."""

import struct
from collections.abc import Iterable, Sequence

encode_bigint = struct.Struct(">q").pack
encode_int = struct.Struct(">i").pack


def encode_bool(value: object) -> bytes:
    """A `boolean`."""
    return b"\x01" if value else b"\x00"


def encode_list(elements: Sequence[bytes]) -> bytes:
    """A `list<...>` of encoded elements."""
    parts = [encode_int(len(elements))]
    for element in elements:
        parts += (encode_int(len(element)), element)
    return b"".join(parts)


def encode_tuple(elements: Iterable[bytes]) -> bytes:
    """A `tuple<...>` of encoded elements."""
    return b"".join([part for element in elements for part in (encode_int(len(element)), element)])


def composite_key(parts: Iterable[bytes]) -> bytes:
    """The partition key of several columns, as tokens are computed from it."""
    return b"".join([piece for part in parts for piece in (len(part).to_bytes(2, "big"), part, b"\x00")])

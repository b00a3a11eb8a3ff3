"""What a row may hold: the same in every store, so that what one accepts the other does."""

import struct

import msgspec

MAX_ROW_BYTES = 1 << 20
"""What one row may hold, as MessagePack."""

LARGE = MAX_ROW_BYTES // 8
"""Values that together are shorter than this, in letters or bytes, make no row above the bound in any encoding."""

MAX_KEY_BYTES = 4096
"""What a text in a key may take as UTF-8."""

ENCODE_ERRORS = (AttributeError, TypeError, ValueError, OverflowError, struct.error)
"""What encoding a row raises where a value does not have its column's type or does not fit it."""

_measure = msgspec.msgpack.Encoder()


class RowTooLarge(ValueError):
    """A row above MAX_ROW_BYTES, or a text in its key above MAX_KEY_BYTES."""


def check_size(row: msgspec.Struct) -> None:
    """Raises RowTooLarge above the bound. Exact, hence only called for rows that are large by any measure."""
    size = len(_measure.encode(row))
    if size > MAX_ROW_BYTES:
        raise RowTooLarge(f"{size} bytes, a row holds at most {MAX_ROW_BYTES}")


def check_text_key(name: str, value: str | bytes, may_be_empty: bool) -> None:
    """Raises RowTooLarge, or ValueError for an empty partition, which Cassandra does not have."""
    encoded = value.encode() if isinstance(value, str) else value
    if len(encoded) > MAX_KEY_BYTES:
        raise RowTooLarge(f"{name} has {len(encoded)} bytes, a text in a key at most {MAX_KEY_BYTES}")
    if not encoded and not may_be_empty:
        raise ValueError(f"{name} is empty: a partition needs a name")

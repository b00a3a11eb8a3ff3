"""The checksum of a partition: a chain, so that it can be carried on after any record and finds any that changed."""

import hashlib
import struct

_HEAD = struct.Struct(">QQIII").pack
"""Offset, timestamp, and how long key, value and headers are."""

START = bytes(32)
"""The checksum of no records."""


def chained(checksum: bytes, offset: int, timestamp: int, key: bytes, value: bytes, headers: bytes) -> bytes:
    """The checksum with one record more, 32 bytes: SHA-256 of the checksum before it and the record.

    `headers` as the file holds them.
    """
    digest = hashlib.sha256(checksum)
    digest.update(_HEAD(offset, timestamp, len(key), len(value), len(headers)))
    digest.update(key + value + headers)
    return digest.digest()

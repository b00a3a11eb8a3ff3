"""Which partition a key belongs to: Kafka's default, so that a slice replays into the partitions it came from.

The hash is our own, though aiokafka has it, too: the embedded platform would carry the whole of that client for it.
"""

import struct
from functools import lru_cache

_MASK = 0xFFFFFFFF
_MULTIPLIER, _SEED = 0x5BD1E995, 0x9747B28C
_WORD = struct.Struct("<I")


@lru_cache(maxsize=16_384)
def partition_for(key: bytes, partitions: int) -> int:
    """murmur2 of the key, its sign bit dropped, modulo the partitions (org.apache.kafka.clients.producer)."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """The hash as an unsigned number of 32 bits (org.apache.kafka.common.utils.Utils, after Austin Appleby)."""
    whole = len(data) & ~3
    hashed = _SEED ^ len(data)
    for (word,) in _WORD.iter_unpack(data[:whole]):
        word = word * _MULTIPLIER & _MASK
        hashed = (hashed * _MULTIPLIER & _MASK) ^ (word ^ word >> 24) * _MULTIPLIER & _MASK
    if rest := data[whole:]:
        hashed = (hashed ^ int.from_bytes(rest, "little")) * _MULTIPLIER & _MASK
    hashed = (hashed ^ hashed >> 13) * _MULTIPLIER & _MASK
    return hashed ^ hashed >> 15

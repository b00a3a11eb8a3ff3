"""Which partition a key belongs to: Kafka's default, so that a slice replays into the partitions it came from."""

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=16_384)  # the hash is plain Python: 13 µs for an id of 36 characters
def partition_for(key: bytes, partitions: int) -> int:
    """murmur2 of the key, its sign bit dropped, modulo the partitions (org.apache.kafka.clients.producer)."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)

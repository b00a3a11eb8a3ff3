"""Rows of the file, and the statements that write and read them."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import uuid4

import msgspec

from libs.log.port import Bounds, Headers, LogError, Partition, Record, TopicSpec, UnknownTopic

Row = tuple[int, int, int, int, bytes, bytes, bytes]
"""topic, partition, offset, timestamp, key, value, headers."""

INSERT = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)"
_LAST = "SELECT offset, timestamp FROM records WHERE topic = ? AND partition = ? ORDER BY offset DESC LIMIT 1"
_FIRST = "SELECT offset FROM records WHERE topic = ? AND partition = ? ORDER BY offset LIMIT 1"
_FROM = (
    "SELECT offset, timestamp, key, value, headers FROM records "
    "WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT ?"
)
_AT_OR_AFTER = (
    "SELECT offset, timestamp FROM records WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT 1"
)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...]).decode


class Topic(NamedTuple):
    """A topic of the file; `number` stands for its name in the records."""

    number: int
    name: str
    id: str
    partitions: int


Topics = Mapping[str, Topic]


class Tail(NamedTuple):
    """Where a partition ends: the next offset, and the time of the last record (0 where there is none)."""

    end: int
    timestamp: int


def encode_headers(headers: Headers) -> bytes:
    """For the headers column."""
    return _encode(headers)


def decode_headers(blob: bytes) -> Headers:
    """From the headers column. Raises msgspec.DecodeError."""
    return _decode(blob)


def select(
    connection: sqlite3.Connection, topic: Topic, partition: int, offset: int, limit: int, most_bytes: int
) -> list[Record]:
    """Up to `limit` records from `offset` on; fewer where their values reach `most_bytes`, but one at least."""
    records, size = [], 0
    for at, timestamp, key, value, headers in connection.execute(_FROM, (topic.number, partition, offset, limit)):
        records.append(Record(topic.name, partition, at, timestamp, key, value, _decode(headers)))
        size += len(value)
        if size >= most_bytes:
            break
    return records


def tail(connection: sqlite3.Connection, topic: Topic, partition: int) -> Tail:
    """The end of a partition."""
    row = connection.execute(_LAST, (topic.number, partition)).fetchone()
    return Tail(row[0] + 1, row[1]) if row else Tail(0, 0)


def bounds(connection: sqlite3.Connection, topic: Topic, partition: int) -> Bounds:
    """First offset and end of a partition; 0 and 0 where it is empty."""
    first = connection.execute(_FIRST, (topic.number, partition)).fetchone()
    return Bounds(first[0] if first else 0, tail(connection, topic, partition).end)


def offset_at(connection: sqlite3.Connection, topic: Topic, partition: int, timestamp: int) -> int:
    """The first offset at or after a time, else the end. Times do not fall: halve the offsets until one is left."""
    low, high = bounds(connection, topic, partition)
    while low < high:
        at = (topic.number, partition, (low + high) // 2)
        offset, time = connection.execute(_AT_OR_AFTER, at).fetchone()
        low, high = (low, at[2]) if time >= timestamp else (offset + 1, high)
    found = connection.execute(_AT_OR_AFTER, (topic.number, partition, low)).fetchone()
    return int(found[0]) if found else low


def create(connection: sqlite3.Connection, specs: Sequence[TopicSpec]) -> None:
    """Create the topics that are missing. Raises LogError where one has other partitions, before any is made."""
    topics = load_topics(connection)
    for spec in specs:
        have = topics.setdefault(spec.name, Topic(0, spec.name, uuid4().hex, spec.partitions))
        if have.partitions != spec.partitions:
            raise LogError(
                f"topic {spec.name} has {have.partitions} partitions, not {spec.partitions}: keys must stay put"
            )
    missing = [(topic.name, topic.id, topic.partitions) for topic in topics.values() if topic.number == 0]
    connection.executemany("INSERT INTO topics (name, id, partitions) VALUES (?, ?, ?)", missing)


def load_topics(connection: sqlite3.Connection) -> dict[str, Topic]:
    """The topics of the file, by name."""
    rows = connection.execute("SELECT number, name, id, partitions FROM topics")
    return {topic.name: topic for topic in map(Topic._make, rows)}


def known(topics: Topics, name: str) -> Topic:
    """The topic. Raises UnknownTopic."""
    topic = topics.get(name)
    if topic is None:
        raise UnknownTopic(f"topic {name} does not exist: run qiao migrate")
    return topic


def check_partition(topics: Topics, partition: Partition) -> Topic:
    """The topic of a partition. Raises UnknownTopic, for a partition beyond its topic too."""
    topic = known(topics, partition.topic)
    if not 0 <= partition.number < topic.partitions:
        raise UnknownTopic(f"topic {topic.name} has {topic.partitions} partitions, none is {partition.number}")
    return topic


def partitions_of(topics: Topics, names: Sequence[str]) -> list[Partition]:
    """Every partition of these topics. Raises UnknownTopic."""
    return [Partition(name, number) for name in names for number in range(known(topics, name).partitions)]

"""What the writer thread does: give each entry the next offset of its partition, and the time."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from libs.log.partitioner import partition_for
from libs.log.port import Entry, Headers, LogError, Partition, Place, Record, TopicSpec, UnknownTopic

MAX_RECORD = 1 << 20

_INSERT = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)"
_LAST = "SELECT offset, timestamp FROM records WHERE topic = ? AND partition = ? ORDER BY offset DESC LIMIT 1"

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...])


class Topic(NamedTuple):
    """A topic of the file; `number` stands for its name in the records."""

    number: int
    name: str
    id: str
    partitions: int


def encode_headers(headers: Headers) -> bytes:
    """For the headers column."""
    return _encoder.encode(headers)


def decode_headers(data: bytes) -> Headers:
    """From the headers column."""
    return _decoder.decode(data)


def check_size(entry: Entry) -> None:
    """Raises ValueError for an entry above the bound."""
    size = len(entry.key) + len(entry.value) + sum(len(name) + len(value) for name, value in entry.headers)
    if size > MAX_RECORD:
        raise ValueError(f"a record of {size} bytes for {entry.topic} is above the bound of {MAX_RECORD}")


def append(connection: sqlite3.Connection, topics: Mapping[str, Topic], entries: Sequence[Entry]) -> list[Place]:
    """Write entries behind what is there. A record is never older than the one before it in its partition."""
    now = time.time_ns() // 1_000_000
    last: dict[tuple[int, int], tuple[int, int]] = {}
    rows, places = [], []
    for entry in entries:
        topic = topics[entry.topic]
        partition = partition_for(entry.key, topic.partitions)
        at = (topic.number, partition)
        offset, timestamp = last.get(at) or connection.execute(_LAST, at).fetchone() or (-1, 0)
        offset, timestamp = last[at] = (offset + 1, max(now, timestamp))
        rows.append((*at, offset, timestamp, entry.key, entry.value, encode_headers(entry.headers)))
        places.append(Place(entry.topic, partition, offset))
    connection.executemany(_INSERT, rows)
    return places


def restore(connection: sqlite3.Connection, topics: Mapping[str, Topic], records: Sequence[Record]) -> None:
    """Write records with the offsets and times that they had elsewhere. Raises LogError where an offset is taken."""
    for record in records:
        topic = topics[record.topic]
        at = (topic.number, record.partition)
        end = (connection.execute(_LAST, at).fetchone() or (-1, 0))[0] + 1
        if record.offset < end or not 0 <= record.partition < topic.partitions:
            raise LogError(
                f"{record.topic}[{record.partition}] ends at {end} and has {topic.partitions} partitions: "
                f"a record cannot be restored at {record.offset}"
            )
        headers = encode_headers(record.headers)
        connection.execute(_INSERT, (*at, record.offset, record.timestamp, record.key, record.value, headers))


def create(connection: sqlite3.Connection, specs: Sequence[TopicSpec], new_id: str) -> None:
    """Create the topics that are missing. Raises LogError where one has other partitions."""
    for spec in specs:
        connection.execute(
            "INSERT INTO topics (name, id, partitions) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
            (spec.name, f"{new_id}-{spec.name}", spec.partitions),
        )
        [partitions] = connection.execute("SELECT partitions FROM topics WHERE name = ?", (spec.name,)).fetchone()
        if partitions != spec.partitions:
            raise LogError(f"topic {spec.name} has {partitions} partitions, not {spec.partitions}: keys must stay put")


def load_topics(connection: sqlite3.Connection) -> dict[str, Topic]:
    """The topics of the file, by name."""
    rows = connection.execute("SELECT number, name, id, partitions FROM topics")
    return {topic.name: topic for topic in map(Topic._make, rows)}


def load_bounds(connection: sqlite3.Connection, topic: Topic, partition: int) -> tuple[int, int]:
    """First offset and end of a partition; 0 and 0 where it is empty."""
    at = (topic.number, partition)
    first = connection.execute(_LAST.replace("DESC", "ASC"), at).fetchone()
    last = connection.execute(_LAST, at).fetchone()
    return (first[0], last[0] + 1) if first and last else (0, 0)


def known(topics: Mapping[str, Topic], name: str) -> Topic:
    """The topic. Raises UnknownTopic."""
    topic = topics.get(name)
    if topic is None:
        raise UnknownTopic(f"topic {name} does not exist: run qiao migrate")
    return topic


def partitions_of(topics: Mapping[str, Topic], names: Sequence[str]) -> list[Partition]:
    """Every partition of these topics. Raises UnknownTopic."""
    return [Partition(name, number) for name in names for number in range(known(topics, name).partitions)]

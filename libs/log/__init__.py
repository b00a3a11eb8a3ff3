"""WHERE events are written: append, read, seek, tail. Two twins behind one port."""

from libs.log.port import (
    Bounds,
    Entry,
    Fenced,
    Headers,
    Log,
    LogError,
    LogUnavailable,
    OffsetOutOfRange,
    OnAssigned,
    OnRevoked,
    Partition,
    Place,
    Reader,
    Record,
    TopicInfo,
    TopicSpec,
    UnknownTopic,
)
from libs.log.publisher import Published, Publisher

__all__ = [
    "Bounds",
    "Entry",
    "Fenced",
    "Headers",
    "Log",
    "LogError",
    "LogUnavailable",
    "OffsetOutOfRange",
    "OnAssigned",
    "OnRevoked",
    "Partition",
    "Place",
    "Published",
    "Publisher",
    "Reader",
    "Record",
    "TopicInfo",
    "TopicSpec",
    "UnknownTopic",
]

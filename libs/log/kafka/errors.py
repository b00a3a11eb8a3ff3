"""What aiokafka raises, in the words of the port."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from aiokafka import TopicPartition
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    OffsetOutOfRangeError,
    UnknownTopicOrPartitionError,
)

from libs.log.port import LogError, LogUnavailable, OffsetOutOfRange, UnknownTopic

CALL_TIMEOUT = 10.0
"""Seconds that one call to the brokers may take, retries included."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Errors of aiokafka and of the network leave as errors of the log; `doing` says what failed."""
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as error:
        raise translate(error, doing) from error


def translate(error: BaseException, doing: str) -> LogError | ValueError:
    """The error of the log that stands for `error`."""
    if isinstance(error, OffsetOutOfRangeError):
        return out_of_range(error.args[0])
    if isinstance(error, UnknownTopicOrPartitionError):
        return UnknownTopic(f"{doing}: the topic does not exist: run qiao migrate")
    if isinstance(error, MessageSizeTooLargeError):
        return ValueError(f"{doing}: the record is above the bound of the broker: {error}")
    return LogUnavailable(f"{doing}: {error!r}")


def out_of_range(places: Mapping[TopicPartition, int]) -> OffsetOutOfRange:
    """No record is at these places, nor will the next one be."""
    named = ", ".join(f"{place.topic}[{place.partition}] has no offset {offset}" for place, offset in places.items())
    return OffsetOutOfRange(f"{named}: it was deleted, or this is another log")

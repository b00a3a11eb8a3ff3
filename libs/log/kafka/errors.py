"""What aiokafka raises, in the words of the port."""

from collections.abc import Iterator
from contextlib import contextmanager

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
        return OffsetOutOfRange(f"{doing}: there is no such offset: {error}")
    if isinstance(error, UnknownTopicOrPartitionError):
        return UnknownTopic(f"{doing}: the topic does not exist: run qiao migrate")
    if isinstance(error, MessageSizeTooLargeError):
        return ValueError(f"{doing}: the record is above the bound of the broker: {error}")
    return LogUnavailable(f"{doing}: {error!r}")

"""What a reader learns of the broker's clock: a worker appends nothing, yet must know when its own is off.

A record is no younger than now. And where a partition was read to its end, what follows was appended after that look.
aiokafka tells when a response came, not when it was asked for; a response that waited in a socket while we slept is
older than it seems. But it was asked for after the one before it had come, so that time is certain.
"""

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from libs.log.kafka.clock import BrokerClock

APPEND_TIME = 1
"""The broker's own stamp; others are the producer's."""


class Sightings:
    """Of one reader."""

    def __init__(self, clock: BrokerClock) -> None:
        """`clock` is told what was learned."""
        self._clock = clock
        self._answered: dict[TopicPartition, int] = {}
        self._ended: dict[TopicPartition, tuple[int, float]] = {}
        """An offset at which nothing was yet, and our time before that."""

    def look(self, consumer: AIOKafkaConsumer, place: TopicPartition) -> None:
        """Nothing was fetched of a partition: how far had it got, and when was that?"""
        if place in consumer.assignment():
            self.answered(place, consumer.highwater(place), consumer.last_poll_timestamp(place))

    def answered(self, place: TopicPartition, end: int | None, at: int | None) -> None:
        """The newest response, at `at` (milliseconds since 1970 UTC), said that the partition ends at `end`."""
        if end is None or at is None:
            return
        before = self._answered.get(place)
        if before is not None and before != at:
            self._ended[place] = end, before / 1000
        self._answered[place] = at

    def read(self, place: TopicPartition, messages: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        """The next messages of a partition."""
        stamped = [message.timestamp / 1000 for message in messages if message.timestamp_type == APPEND_TIME]
        if not stamped:
            return
        end, looked = self._ended.pop(place, (messages[0].offset + 1, 0.0))
        self._clock.read(stamped[0], stamped[-1], looked if messages[0].offset >= end else None)

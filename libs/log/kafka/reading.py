"""Reading from Kafka: one consumer, records held back while their partition is paused.

One call of aiokafka's `getmany` is under way at a time, in a task that outlives the poll that began it: a poll that is
cancelled, or woken by a resume, loses nothing.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError
from aiokafka.structs import ConsumerRecord

from libs.log.kafka.clock import BrokerClock
from libs.log.kafka.consumers import new_consumer, start_consumer, stop_consumer
from libs.log.kafka.errors import out_of_range, translate, translated
from libs.log.kafka.settings import KafkaSettings
from libs.log.kafka.sightings import Sightings
from libs.log.kafka.stash import Stash
from libs.log.port import LogError, LogUnavailable, Partition, Reader, Record

AT_LEAST = 0.01
"""Seconds that even a poll without a timeout takes to see what is there."""

Fetched = dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]]


class KafkaReader(Reader):
    """A reader of given partitions, without a group. Made by the log; `open` it first."""

    def __init__(self, settings: KafkaSettings, on_close: Callable[["KafkaReader"], None], clock: BrokerClock) -> None:
        """`on_close` is told when it was closed, `clock` what records say of the broker's."""
        self._settings, self._on_close = settings, on_close
        self._sightings = Sightings(clock)
        self._consumer = self._new_consumer()
        self._positions: dict[Partition, int] = {}
        self._stash = Stash()
        self._fetching: asyncio.Task[Fetched] | None = None
        self._wake = asyncio.Event()
        self._broken = self._closed = False

    async def open(self, start: Mapping[Partition, int]) -> None:
        """Read these partitions from these offsets. Raises LogUnavailable."""
        self._positions.update(start)
        with translated("connecting a reader"):
            await self._connect()

    def _new_consumer(self) -> AIOKafkaConsumer:
        return new_consumer(self._settings)

    async def _connect(self) -> None:
        """Raises KafkaError, OSError, TimeoutError."""
        await start_consumer(self._consumer)
        self._consumer.assign([TopicPartition(*partition) for partition in self._positions])
        for partition, offset in self._positions.items():
            self.seek(partition, offset)

    async def poll(self, max_records: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        """See the port."""
        deadline = asyncio.get_running_loop().time() + timeout
        self._check()
        if self._broken:
            await self._begin_again()
        while True:
            self._wake.clear()
            self._check()
            self._harvest()
            if found := self._take(max_records):
                return found
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0 and self._fetching is not None:
                return {}
            await self._wait(max_records, max(left, AT_LEAST))

    async def _begin_again(self) -> None:
        """A consumer that tripped over something does not come back from it: another one takes its place."""
        with translated("connecting again"):
            await self._let_go()
            self._consumer = self._new_consumer()
            await self._connect()
        self._broken = False
        if self._closed:  # while this went on
            await self._let_go()

    def _check(self) -> None:
        """Raise what is wrong with this reader. Raises LogError."""
        if self._closed:
            raise LogError("the reader is closed")
        for partition, offset in self._positions.items():
            if offset < 0:
                raise out_of_range({TopicPartition(*partition): offset})

    async def _wait(self, max_records: int, timeout: float) -> None:
        """For records, or for a resume."""
        if self._fetching is None:
            self._check_fetcher()
            fetch = self._consumer.getmany(timeout_ms=int(timeout * 1000), max_records=max_records)
            self._fetching = asyncio.ensure_future(fetch)
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait([self._fetching, woken], timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()

    def _check_fetcher(self) -> None:
        """aiokafka would let us wait for ever for a fetcher that ended. Raises LogUnavailable."""
        ended = self._consumer._fetcher.error_future
        if ended.done():
            self._broken = True
            raise LogUnavailable(f"fetching ended: {ended!r}")

    def _harvest(self) -> None:
        """Take over what the fetch brought. A paused partition keeps it, and fetches no more."""
        if self._fetching is None or not self._fetching.done():
            return
        task, self._fetching = self._fetching, None
        try:
            fetched = task.result()
        except OffsetOutOfRangeError as error:
            raise translate(error, "reading") from error
        except Exception as error:
            self._broken = True
            self._check()
            raise translate(error, "reading") from error
        self._learn(fetched)
        for place, messages in fetched.items():
            partition = Partition(*place)
            if partition in self._positions:
                self._stash.add(partition, [_record(message) for message in messages])
            if partition in self._stash.paused:
                self._consumer.pause(place)

    def _learn(self, fetched: Fetched) -> None:
        for partition in self._positions:
            place = TopicPartition(*partition)
            if messages := fetched.get(place):
                self._sightings.read(place, messages)
            else:
                self._sightings.look(self._consumer, place)

    def _take(self, max_records: int) -> Mapping[Partition, Sequence[Record]]:
        found = self._stash.take(max_records)
        for partition, records in found.items():
            self._positions[partition] = records[-1].offset + 1
        return found

    def _drop(self) -> None:
        """Whatever was fetched is nobody's business any more."""
        self._stash.clear()
        if self._fetching is not None and self._fetching.done():
            if not self._fetching.cancelled():
                self._fetching.exception()
            self._fetching = None

    async def _let_go(self) -> None:
        """End the consumer, and what it fetches."""
        await stop_consumer(self._consumer)
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])
        self._drop()

    def seek(self, partition: Partition, offset: int) -> None:
        """See the port."""
        if partition not in self._positions:
            return
        self._save_others()
        self._stash.drop(partition)
        self._positions[partition] = offset
        if self._consuming(partition) and offset >= 0:  # aiokafka would refuse any other here rather than at a poll
            self._consumer.seek(TopicPartition(*partition), offset)

    def _consuming(self, partition: Partition) -> bool:
        """Not so while the consumer is being replaced: the next one is told."""
        return TopicPartition(*partition) in self._consumer.assignment()

    def _save_others(self) -> None:
        """What was fetched for other partitions still counts; that this one stood nowhere does not."""
        if self._fetching is None or not self._fetching.done() or self._fetching.cancelled():
            return
        error = self._fetching.exception()
        if error is None:
            self._harvest()
        elif isinstance(error, OffsetOutOfRangeError):
            self._fetching = None

    def pause(self, partitions: Iterable[Partition]) -> None:
        """See the port."""
        self._stash.paused.update(self._positions.keys() & set(partitions))

    def resume(self, partitions: Iterable[Partition]) -> None:
        """See the port."""
        for partition in self._stash.paused.intersection(partitions):
            self._stash.paused.discard(partition)
            if self._consuming(partition):
                self._consumer.resume(TopicPartition(*partition))
        self._wake.set()

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """See the port. There is no group."""

    async def close(self) -> None:
        """See the port."""
        self._closed = True
        self._wake.set()
        await self._let_go()
        self._on_close(self)


def _record(message: ConsumerRecord[bytes, bytes]) -> Record:
    return Record(
        message.topic,
        message.partition,
        message.offset,
        message.timestamp,
        message.key or b"",
        message.value or b"",
        tuple(message.headers),
    )

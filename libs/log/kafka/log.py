"""The Kafka twin of the log."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from libs.log.kafka import creating
from libs.log.kafka.appending import Appender
from libs.log.kafka.clock import BrokerClock
from libs.log.kafka.membership import GroupReader
from libs.log.kafka.metadata import Metadata
from libs.log.kafka.quiet import keep_quiet
from libs.log.kafka.reading import KafkaReader
from libs.log.kafka.settings import KafkaSettings
from libs.log.port import Bounds, Entry, Log, OnAssigned, OnRevoked, Partition, Place, ReadOnly, TopicInfo, TopicSpec
from libs.log.sizes import check_size


async def open_log(settings: KafkaSettings, *, readonly: bool = False) -> "KafkaLog":
    """Connect to the brokers; without a producer and without joining groups where `readonly`. Raises LogUnavailable."""
    keep_quiet()
    clock = BrokerClock()
    log = KafkaLog(settings, clock, None if readonly else Appender(settings, clock))
    try:
        await log.start()
    except BaseException:
        await log.close()
        raise
    return log


class KafkaLog(Log):
    """Made by `open_log`."""

    system = "kafka"

    def __init__(self, settings: KafkaSettings, clock: BrokerClock, appender: Appender | None) -> None:
        """Connects with `start`. Without an appender it is for reading only. `clock` is the appender's, too."""
        self._clock = clock
        self._settings = settings
        self._metadata = Metadata(settings)
        self._appender = appender
        self._readers: set[KafkaReader] = set()

    async def start(self) -> None:
        """Raises LogUnavailable."""
        await self._metadata.start()

    async def append(self, entries: Sequence[Entry]) -> list[Place]:
        """See the port. Durable means that every replica in sync has it."""
        appender = self._writable()
        for entry in entries:
            check_size(entry)
        await self._metadata.check(entry.topic for entry in entries)
        return await appender.append(entries)

    async def create(self, topics: Sequence[TopicSpec]) -> None:
        """See the port."""
        self._writable()
        await creating.create(self._settings, self._metadata, topics)

    async def topics(self) -> Mapping[str, TopicInfo]:
        """See the port."""
        return await self._metadata.topics()

    async def bounds(self, partitions: Iterable[Partition]) -> Mapping[Partition, Bounds]:
        """See the port."""
        return await self._metadata.bounds(partitions)

    async def offsets_at(self, partitions: Iterable[Partition], timestamp: int) -> Mapping[Partition, int]:
        """See the port."""
        return await self._metadata.offsets_at(partitions, timestamp)

    async def reader(self, start: Mapping[Partition, int]) -> KafkaReader:
        """See the port."""
        await self._metadata.checked(start)
        reader = KafkaReader(self._settings, self._readers.discard, self._clock)
        await reader.open(start)
        self._readers.add(reader)
        return reader

    async def subscribe(
        self,
        group: str,
        topics: Sequence[str],
        *,
        instance: str,
        on_assigned: OnAssigned,
        on_revoked: OnRevoked,
    ) -> GroupReader:
        """See the port."""
        self._writable()
        await self._metadata.check(topics)
        reader = GroupReader(
            self._settings,
            group,
            topics,
            instance=instance,
            on_assigned=on_assigned,
            on_revoked=on_revoked,
            on_close=self._readers.discard,
            clock=self._clock,
        )
        await reader.join()
        self._readers.add(reader)
        return reader

    async def healthy(self) -> bool:
        """See the port."""
        return await self._metadata.healthy()

    def skew(self) -> float:
        """See the port."""
        return self._clock.skew()

    async def close(self) -> None:
        """See the port. Readers that were left open are closed, too."""
        await asyncio.gather(*(reader.close() for reader in list(self._readers)))
        if self._appender is not None:
            await self._appender.close()
        await self._metadata.close()

    def _writable(self) -> Appender:
        if self._appender is None:
            raise ReadOnly(f"{self._settings.bootstrap} was opened for reading only")
        return self._appender

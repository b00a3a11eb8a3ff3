"""A log whose topics and groups have a prefix: event types name their topics, and tests share one Kafka."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from libs.log import Bounds, Entry, Log, OnAssigned, OnRevoked, Partition, Place, Reader, Record, TopicInfo, TopicSpec


class PrefixedLog(Log):
    """Another log, seen through a prefix."""

    def __init__(self, log: Log, prefix: str) -> None:
        self._log, self._prefix = log, prefix
        self.system = log.system  # type: ignore[misc]

    def _out(self, partition: Partition) -> Partition:
        return Partition(self._prefix + partition.topic, partition.number)

    def _in(self, partition: Partition) -> Partition:
        return Partition(partition.topic.removeprefix(self._prefix), partition.number)

    async def append(self, entries: Sequence[Entry]) -> list[Place]:
        places = await self._log.append(
            [msgspec.structs.replace(entry, topic=self._prefix + entry.topic) for entry in entries]
        )
        return [place._replace(topic=place.topic.removeprefix(self._prefix)) for place in places]

    async def create(self, topics: Sequence[TopicSpec]) -> None:
        await self._log.create([msgspec.structs.replace(spec, name=self._prefix + spec.name) for spec in topics])

    async def topics(self) -> Mapping[str, TopicInfo]:
        found = (await self._log.topics()).items()
        return {name.removeprefix(self._prefix): info for name, info in found if name.startswith(self._prefix)}

    async def bounds(self, partitions: Iterable[Partition]) -> Mapping[Partition, Bounds]:
        found = await self._log.bounds([self._out(partition) for partition in partitions])
        return {self._in(partition): bounds for partition, bounds in found.items()}

    async def offsets_at(self, partitions: Iterable[Partition], timestamp: int) -> Mapping[Partition, int]:
        found = await self._log.offsets_at([self._out(partition) for partition in partitions], timestamp)
        return {self._in(partition): offset for partition, offset in found.items()}

    async def reader(self, start: Mapping[Partition, int]) -> Reader:
        return _Reader(await self._log.reader({self._out(place): offset for place, offset in start.items()}), self)

    async def subscribe(
        self,
        group: str,
        topics: Sequence[str],
        *,
        instance: str,
        on_assigned: OnAssigned,
        on_revoked: OnRevoked,
    ) -> Reader:
        async def assigned(places: Iterable[Partition]) -> Mapping[Partition, int]:
            starts = await on_assigned([self._in(place) for place in places])
            return {self._out(place): offset for place, offset in starts.items()}

        async def revoked(places: Iterable[Partition]) -> None:
            await on_revoked([self._in(place) for place in places])

        reader = await self._log.subscribe(
            self._prefix + group,
            [self._prefix + topic for topic in topics],
            instance=instance,
            on_assigned=assigned,
            on_revoked=revoked,
        )
        return _Reader(reader, self)

    async def healthy(self) -> bool:
        return await self._log.healthy()

    async def close(self) -> None:
        await self._log.close()


class _Reader(Reader):
    def __init__(self, reader: Reader, log: PrefixedLog) -> None:
        self._reader, self._log = reader, log

    async def poll(self, max_records: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        polled = await self._reader.poll(max_records, timeout)
        return {
            (place := self._log._in(partition)): [msgspec.structs.replace(r, topic=place.topic) for r in records]
            for partition, records in polled.items()
        }

    def seek(self, partition: Partition, offset: int) -> None:
        self._reader.seek(self._log._out(partition), offset)

    def pause(self, partitions: Iterable[Partition]) -> None:
        self._reader.pause([self._log._out(partition) for partition in partitions])

    def resume(self, partitions: Iterable[Partition]) -> None:
        self._reader.resume([self._log._out(partition) for partition in partitions])

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        await self._reader.commit({self._log._out(place): offset for place, offset in offsets.items()})

    async def close(self) -> None:
        await self._reader.close()

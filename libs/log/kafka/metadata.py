"""Questions to the brokers: which topics there are, where partitions begin and end, which offset a time has."""

import asyncio
import contextlib
import random
from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.protocol.api import Response

from libs.log.kafka.errors import CALL_TIMEOUT, translated
from libs.log.kafka.protocol import DescribeTopics
from libs.log.kafka.settings import KafkaSettings
from libs.log.port import Bounds, LogUnavailable, Partition, TopicInfo, UnknownTopic

HEALTH_TIMEOUT = 1.0


class Metadata:
    """Knows the topics; asks again only for one that it has never heard of. Start it, close it."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Connects with `start`."""
        options = settings.client_options()
        self._client = AIOKafkaClient(**options)
        self._consumer = AIOKafkaConsumer(
            **options, request_timeout_ms=int(CALL_TIMEOUT * 1000), enable_auto_commit=False
        )
        self._known: Mapping[str, TopicInfo] = {}
        self._closed = False

    async def start(self) -> None:
        """Raises LogUnavailable."""
        with translated("connecting to Kafka"):
            async with asyncio.timeout(CALL_TIMEOUT):
                await self._client.bootstrap()
                await self._consumer.start()
        self._known = await self.topics()

    async def close(self) -> None:
        """Safe to call twice, and after a start that failed."""
        self._closed = True
        await self._consumer.stop()
        await self._client.close()

    async def topics(self) -> Mapping[str, TopicInfo]:
        """The topics that exist, by name; Kafka's own are left out. Raises LogUnavailable."""
        with translated("asking for the topics"):
            async with asyncio.timeout(CALL_TIMEOUT):
                response = await self._ask(DescribeTopics(everything=True))
        self._known = {
            name: TopicInfo(name, str(id_), len(partitions))
            for error, name, id_, internal, partitions, _, _ in response.topics
            if not error and not internal
        }
        return self._known

    async def check(self, topics: Iterable[str]) -> None:
        """Raises UnknownTopic, LogUnavailable."""
        wanted = set(topics)
        if wanted <= self._known.keys():
            return
        missing = wanted - (await self.topics()).keys()
        if missing:
            raise UnknownTopic(f"topic {min(missing)} does not exist: run qiao migrate")

    async def bounds(self, partitions: Iterable[Partition]) -> Mapping[Partition, Bounds]:
        """See the port."""
        places = await self.checked(partitions)
        with translated("asking for bounds"):
            starts, ends = await asyncio.gather(
                self._consumer.beginning_offsets(places), self._consumer.end_offsets(places)
            )
        return {Partition(*place): Bounds(starts[place], ends[place]) for place in places}

    async def offsets_at(self, partitions: Iterable[Partition], timestamp: int) -> Mapping[Partition, int]:
        """See the port."""
        places = await self.checked(partitions)
        with translated("asking for offsets by time"):
            found, ends = await asyncio.gather(
                self._consumer.offsets_for_times(dict.fromkeys(places, max(0, timestamp))),
                self._consumer.end_offsets(places),
            )
        return {Partition(*place): found[place].offset if found[place] else ends[place] for place in places}

    async def healthy(self) -> bool:
        """See the port."""
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT):
                await self._ask(DescribeTopics(everything=False))
        except (KafkaError, OSError, TimeoutError, LogUnavailable):
            return False
        return True

    def _check_open(self) -> None:
        """A closed client of aiokafka would connect again."""
        if self._closed:
            raise LogUnavailable("the log is closed")

    async def checked(self, partitions: Iterable[Partition]) -> list[TopicPartition]:
        """The same partitions, all of which exist: aiokafka would wait for one that does not. Raises UnknownTopic."""
        places = list(partitions)
        await self.check(place.topic for place in places)
        for place in places:
            if not 0 <= place.number < self._known[place.topic].partitions:
                raise UnknownTopic(f"topic {place.topic} has no partition {place.number}")
        return [TopicPartition(*place) for place in places]

    async def _ask(self, request: DescribeTopics) -> Response:
        """From any broker that answers."""
        self._check_open()
        nodes = [broker.nodeId for broker in self._client.cluster.brokers()]
        random.shuffle(nodes)
        for node in nodes:
            with contextlib.suppress(KafkaError, OSError):
                return await self._client.send(node, request)
        raise KafkaConnectionError("no broker answers")

"""A static member of a consumer group: told of its partitions, asked where to start, fenced by its double."""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, OffsetOutOfRangeError
from aiokafka.protocol.api import Request, Response
from aiokafka.protocol.group import HeartbeatRequest

from libs.log.kafka.errors import CALL_TIMEOUT, translated
from libs.log.kafka.protocol import FENCED_INSTANCE_ID, StaticHeartbeat
from libs.log.kafka.reading import KafkaReader, new_consumer, start, stop
from libs.log.kafka.settings import KafkaSettings
from libs.log.port import Fenced, OnAssigned, OnRevoked, Partition, Record

REVOKE_SHARE = 0.9
"""Of the session time-out: later than that the others would no longer wait."""

_log = logging.getLogger(__name__)


class GroupReader(KafkaReader, ConsumerRebalanceListener):
    """A reader whose partitions come and go.

    Both callbacks are run beside `poll`: a slow `on_assigned` must not keep aiokafka from its heartbeats, and a
    rebalance cancels it. Until it has answered, its partitions are paused at a place that is never read.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        group: str,
        topics: Sequence[str],
        *,
        instance: str,
        on_assigned: OnAssigned,
        on_revoked: OnRevoked,
    ) -> None:
        """Joins with `join`."""
        super().__init__(new_consumer(settings, group, instance))
        self._settings, self._group, self._topics, self._instance = settings, group, topics, instance
        self._on_assigned, self._on_revoked = on_assigned, on_revoked
        self._assigning: asyncio.Task[None] | None = None
        self._told: Sequence[Partition] = ()
        self._fenced = False
        self._broken = False

    async def join(self) -> None:
        """Connect, and join the group in the background. Raises KafkaError, OSError, TimeoutError."""
        await start(self._consumer)
        self._watch_for_fencing(self._consumer)
        self._consumer.subscribe(self._topics, listener=self)

    async def poll(self, max_records: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        """See the port."""
        if self._broken:
            await self._begin_again()
        return await super().poll(max_records, timeout)

    def _check(self) -> None:
        if self._fenced:
            raise Fenced(f"another process joined {self._group} as {self._instance}: this one must end")
        if self._assigning is not None and self._assigning.done() and not self._assigning.cancelled():
            self._assigning.result()
        super()._check()

    def _failed(self, error: Exception) -> None:
        """aiokafka's coordinator does not come back from most of its errors: a new consumer does."""
        self._broken = not isinstance(error, OffsetOutOfRangeError)
        self._check()

    async def _begin_again(self) -> None:
        with translated(f"joining {self._group} again"):
            await self._revoke()
            await stop(self._consumer)
            self._consumer = new_consumer(self._settings, self._group, self._instance)
            await self.join()
        self._broken = False

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """aiokafka's call. It has not fetched anything yet, and must not until the owner has said from where."""
        for place in assigned:
            self._consumer.seek(place, 0)
            self._consumer.pause(place)
        self._told = sorted(Partition(*place) for place in assigned)
        if self._told:
            self._assigning = asyncio.create_task(self._ask(self._told), name=f"{self._group}: on_assigned")
            self._assigning.add_done_callback(lambda _: self._wake.set())

    async def _ask(self, partitions: Sequence[Partition]) -> None:
        starts = await self._on_assigned(partitions)
        self._held = set(partitions)
        for partition in partitions:
            self.seek(partition, starts[partition])
            self._consumer.resume(TopicPartition(*partition))

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """aiokafka's call, before it joins again; its heartbeats go on meanwhile."""
        await self._revoke()

    async def _revoke(self) -> None:
        self._held.clear()
        self._paused.clear()
        self._drop()
        if self._assigning is not None:
            self._assigning.cancel()
            await asyncio.wait([self._assigning])
            self._assigning = None
        told, self._told = self._told, ()
        if not told:
            return
        try:
            async with asyncio.timeout(self._settings.session_timeout_s * REVOKE_SHARE):
                await self._on_revoked(told)
        except TimeoutError:
            _log.error("%s gave up its partitions before it was done with them", self._group)

    def _watch_for_fencing(self, consumer: AIOKafkaConsumer) -> None:
        """See libs.log.kafka.protocol. The coordinator is private to aiokafka, whose version is pinned exactly."""
        coordinator = consumer._coordinator
        send = coordinator._send_req

        async def send_as_instance(request: Request) -> Response:
            if isinstance(request, HeartbeatRequest):
                request = StaticHeartbeat(self._group, coordinator.generation, coordinator.member_id, self._instance)
            response = await send(request)
            if getattr(response, "error_code", 0) == FENCED_INSTANCE_ID:
                self._fenced = True
                self._wake.set()
            return response

        coordinator._send_req = send_as_instance

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """See the port. A commit that comes too late, after a rebalance, is logged and forgotten."""
        held = {TopicPartition(*place): offset for place, offset in offsets.items() if place in self._held}
        if not held or self._fenced:
            return
        with translated(f"committing for {self._group}"):
            try:
                async with asyncio.timeout(CALL_TIMEOUT):
                    await self._consumer.commit(held)
            except (CommitFailedError, IllegalStateError) as error:
                _log.warning("%s could not commit after a rebalance: %r", self._group, error)

    async def close(self) -> None:
        """See the port."""
        if self._assigning is not None:
            self._assigning.cancel()
            await asyncio.wait([self._assigning])
        await super().close()

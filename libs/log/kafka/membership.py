"""A static member of a consumer group: told of its partitions, asked where to start, fenced by its double."""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError

from libs.log.kafka.clock import BrokerClock
from libs.log.kafka.consumers import new_consumer, start_consumer
from libs.log.kafka.errors import CALL_TIMEOUT, translated
from libs.log.kafka.fencing import watch_for_fencing
from libs.log.kafka.reading import KafkaReader
from libs.log.kafka.settings import KafkaSettings
from libs.log.port import Fenced, LogError, OnAssigned, OnRevoked, Partition, Record

REVOKE_SHARE = 0.9
"""Of the time for a rebalance: later than that the others would no longer wait."""

_log = logging.getLogger(__name__)


class GroupReader(KafkaReader, ConsumerRebalanceListener):
    """A reader whose partitions come and go.

    Both callbacks run beside `poll`, as one task at a time: a slow `on_assigned` must not keep aiokafka from its
    heartbeats, and a rebalance cancels it. Until it has answered, its partitions are paused where nothing is read.
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
        on_close: Callable[[KafkaReader], None],
        clock: BrokerClock,
    ) -> None:
        """Joins with `join`."""
        self._group, self._topics, self._instance = group, topics, instance
        super().__init__(settings, on_close, clock)
        self._on_assigned, self._on_revoked = on_assigned, on_revoked
        self._told: Sequence[Partition] = ()
        self._callback: asyncio.Task[None] | None = None
        self._fenced = False

    async def join(self) -> None:
        """Join the group, in the background. Raises LogUnavailable."""
        with translated(f"joining {self._group}"):
            await self._connect()

    def _new_consumer(self) -> AIOKafkaConsumer:
        return new_consumer(self._settings, self._group, self._instance)

    async def _connect(self) -> None:
        await start_consumer(self._consumer)
        watch_for_fencing(self._consumer, self._group, self._instance, self._fence)
        self._consumer.subscribe(self._topics, listener=self)

    async def poll(self, max_records: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        """See the port. Where `on_assigned` raises, so does poll, and the next one asks again."""
        if self._told and not self._positions and self._callback is None:
            self._run(self._ask(self._told))
        return await super().poll(max_records, timeout)

    def _check(self) -> None:
        if self._fenced:
            raise Fenced(f"another process joined {self._group} as {self._instance}: this one must end itself")
        super()._check()
        if self._callback is not None and self._callback.done():
            callback, self._callback = self._callback, None
            if not callback.cancelled():
                callback.result()

    def _fence(self) -> None:
        self._fenced = True
        self._wake.set()

    async def _let_go(self) -> None:
        await (self._cancel_callback() if self._closed else self._revoke())
        await super()._let_go()

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """aiokafka's call. It has not fetched anything yet, and must not until the owner has said from where."""
        for place in assigned:
            self._consumer.seek(place, 0)
            self._consumer.pause(place)
        self._told = sorted(Partition(*place) for place in assigned)
        self._run(self._ask(self._told))

    async def _ask(self, partitions: Sequence[Partition]) -> None:
        starts = await self._on_assigned(partitions)
        if missing := [partition for partition in partitions if partition not in starts]:
            raise LogError(f"on_assigned named no offset to start {missing} from")
        self._positions.update({partition: starts[partition] for partition in partitions})
        for partition in partitions:
            self.seek(partition, starts[partition])
            self._consumer.resume(TopicPartition(*partition))

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """aiokafka's call, before it joins again; its heartbeats go on meanwhile."""
        await self._revoke()

    async def _revoke(self) -> None:
        self._positions.clear()
        self._stash.paused.clear()
        self._drop()
        await self._cancel_callback()
        told, self._told = self._told, ()
        if told and not self._closed:
            await asyncio.wait([self._run(self._release(told))])

    async def _release(self, partitions: Sequence[Partition]) -> None:
        try:
            async with asyncio.timeout(self._settings.rebalance_timeout_s * REVOKE_SHARE):
                await self._on_revoked(partitions)
        except TimeoutError:
            _log.error("%s gave up its partitions before it was done with them", self._group)

    def _run(self, callback: Coroutine[None, None, None]) -> asyncio.Task[None]:
        self._callback = asyncio.create_task(callback, name=f"{self._group}: rebalance")
        self._callback.add_done_callback(lambda _: self._wake.set())
        return self._callback

    async def _cancel_callback(self) -> None:
        if self._callback is not None:
            self._callback.cancel()
            await asyncio.wait([self._callback])
            self._callback = None

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """See the port. A commit that comes too late, after a rebalance, is logged and forgotten."""
        held = {TopicPartition(*place): offset for place, offset in offsets.items() if place in self._positions}
        if not held or self._fenced or self._closed:
            return
        with translated(f"committing for {self._group}"):
            try:
                async with asyncio.timeout(CALL_TIMEOUT):
                    await self._consumer.commit(held)
            except (CommitFailedError, IllegalStateError) as error:
                _log.warning("%s could not commit after a rebalance: %r", self._group, error)

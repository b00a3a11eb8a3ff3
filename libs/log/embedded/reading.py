"""Reading the embedded log: partitions that may have something new are remembered, all others cost nothing."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from libs.log.port import Bounds, Fenced, LogError, OffsetOutOfRange, OnAssigned, Partition, Reader, Record
from libs.sqlite import Breath

SLICE = 200
"""Records of one SELECT: about 0.4 ms of the event loop."""

SLICE_BYTES = 256 << 10
"""A SELECT ends early where its values reach this."""


class Readable(Protocol):
    """What a reader needs of its log."""

    def bounds_of(self, partition: Partition) -> Bounds:
        """The readable part of a partition."""

    def end_of(self, partition: Partition) -> int:
        """The next offset, as far as this process has heard."""

    def select(self, partition: Partition, offset: int, limit: int, most_bytes: int) -> list[Record]:
        """Up to `limit` records from `offset` on, at least one if there is any."""

    def forget(self, reader: "EmbeddedReader") -> None:
        """The reader was closed."""


class EmbeddedReader(Reader):
    """A reader with or without a group. Made by the log."""

    def __init__(self, log: Readable, breath: Breath, instance: str = "") -> None:
        """`instance` names the member of a group."""
        self.instance = instance
        self._log, self._breath = log, breath
        self._positions: dict[Partition, int] = {}
        self._unchecked: set[Partition] = set()
        self._ready: dict[Partition, None] = {}
        self._paused: set[Partition] = set()
        self._wake = asyncio.Event()
        self._joining: tuple[Sequence[Partition], OnAssigned] | None = None
        self._fenced = self._closed = False

    def assign(self, start: Mapping[Partition, int]) -> None:
        """Read these partitions from these offsets."""
        for partition, offset in start.items():
            self._positions[partition] = 0
            self.seek(partition, offset)

    def join(self, partitions: Sequence[Partition], on_assigned: OnAssigned) -> None:
        """Be assigned these partitions at the first poll."""
        self._joining = (partitions, on_assigned)

    def fence(self) -> None:
        """Someone else has this member's name now."""
        self._fenced = True
        self._wake.set()

    def grown(self, partitions: Iterable[Partition]) -> None:
        """These partitions have new records."""
        for partition in partitions:
            if partition in self._positions:
                self._ready[partition] = None
                self._wake.set()

    async def poll(self, max_records: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        """See the port."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        await self._join_once()
        while True:
            self._check()
            self._wake.clear()
            if found := await self._take(max_records):
                return found
            if not await self._woken(deadline):
                return {}

    async def _woken(self, deadline: float) -> bool:
        """Whether something happened before the deadline. It yields to the loop even when there is no time left."""
        if asyncio.get_running_loop().time() >= deadline:
            await asyncio.sleep(0)
            return False
        try:
            async with asyncio.timeout_at(deadline):
                return await self._wake.wait()
        except TimeoutError:
            return False

    async def _join_once(self) -> None:
        if self._joining is None or self._fenced:
            return
        partitions, on_assigned = self._joining
        start = await on_assigned(partitions)
        if missing := [partition for partition in partitions if partition not in start]:
            raise LogError(f"on_assigned named no offset to start {missing} from")
        self.assign({partition: start[partition] for partition in partitions})
        self._joining = None

    def _check(self) -> None:
        """Nobody reads past the end of the log, or before its start, without hearing of it."""
        if self._fenced:
            raise Fenced(f"another process joined as {self.instance}: this one must end itself")
        if self._closed:
            raise LogError("the reader is closed")
        for partition in list(self._unchecked):
            bounds, position = self._log.bounds_of(partition), self._positions[partition]
            if not bounds.start <= position <= bounds.end:
                raise OffsetOutOfRange(f"{partition} goes from {bounds.start} to {bounds.end}, not {position}")
            self._unchecked.discard(partition)

    async def _take(self, max_records: int) -> dict[Partition, Sequence[Record]]:
        """One slice of each partition that has any. Nothing moves before the last one: a cancelled poll loses none."""
        read: dict[Partition, tuple[int, list[Record]]] = {}
        left = max_records
        for partition in [partition for partition in self._ready if partition not in self._paused]:
            if left <= 0:
                break
            await self._breath.take()
            if (position := self._positions.get(partition)) is not None:
                records = self._log.select(partition, position, min(SLICE, left), SLICE_BYTES)
                read[partition] = (position, records)
                left -= len(records)
        return self._move(read)

    def _move(self, read: Mapping[Partition, tuple[int, list[Record]]]) -> dict[Partition, Sequence[Record]]:
        """Who was read goes to the end of the queue, so that no partition starves another."""
        found: dict[Partition, Sequence[Record]] = {}
        for partition, (position, records) in read.items():
            if partition in self._paused or self._positions.get(partition) != position:
                continue  # paused, sought or let go of meanwhile
            self._ready.pop(partition, None)
            if records:
                found[partition] = records
                self._positions[partition] = position = records[-1].offset + 1
            if position < self._log.end_of(partition):
                self._ready[partition] = None
        return found

    def seek(self, partition: Partition, offset: int) -> None:
        """See the port."""
        if partition in self._positions:
            self._positions[partition] = offset
            self._unchecked.add(partition)
            self._ready[partition] = None
            self._wake.set()

    def pause(self, partitions: Iterable[Partition]) -> None:
        """See the port."""
        self._paused.update(partition for partition in partitions if partition in self._positions)

    def resume(self, partitions: Iterable[Partition]) -> None:
        """See the port."""
        self._paused.difference_update(partitions)
        self._wake.set()

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """See the port. The progress rows say it all: nothing is kept here."""

    async def close(self) -> None:
        """See the port."""
        self._closed = True
        self._wake.set()
        self._log.forget(self)

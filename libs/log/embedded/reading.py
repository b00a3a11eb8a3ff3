"""Reading the embedded log: partitions that may have something new are remembered, all others cost nothing."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from libs.log.port import Fenced, OffsetOutOfRange, OnAssigned, Partition, Reader, Record
from libs.sqlite import Breath

if TYPE_CHECKING:
    from libs.log.embedded.log import EmbeddedLog

SLICE = 200
"""Records of one SELECT: about 2 ms."""


class EmbeddedReader(Reader):
    """A reader with or without a group. Made by the log."""

    def __init__(self, log: "EmbeddedLog", breath: Breath, instance: str = "") -> None:
        """`instance` names the member of a group."""
        self.instance = instance
        self._log, self._breath = log, breath
        self._positions: dict[Partition, int] = {}
        self._unchecked: set[Partition] = set()
        self._ready: dict[Partition, None] = {}
        self._paused: set[Partition] = set()
        self._wake = asyncio.Event()
        self._joining: tuple[Sequence[Partition], OnAssigned] | None = None
        self._fenced = False

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
        await self._join_once()
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            self._check()
            self._wake.clear()
            found = await self._take(max_records)
            left = deadline - asyncio.get_running_loop().time()
            if found or left <= 0:
                return found
            try:
                await asyncio.wait_for(self._wake.wait(), left)
            except TimeoutError:
                return {}

    async def _join_once(self) -> None:
        if self._joining is not None:
            partitions, on_assigned = self._joining
            self.assign(await on_assigned(partitions))
            self._joining = None

    def _check(self) -> None:
        """Nobody reads past the end of the log, or before its start, without hearing of it."""
        if self._fenced:
            raise Fenced(f"another process joined as {self.instance}")
        for partition in list(self._unchecked):
            bounds, position = self._log.bounds_of(partition), self._positions[partition]
            if not bounds.start <= position <= bounds.end:
                raise OffsetOutOfRange(
                    f"{partition.topic}[{partition.number}] goes from {bounds.start} to {bounds.end}, not {position}"
                )
            self._unchecked.discard(partition)

    async def _take(self, max_records: int) -> dict[Partition, Sequence[Record]]:
        """Whoever was read goes to the end of the queue, so that no partition starves another."""
        found: dict[Partition, Sequence[Record]] = {}
        for partition in [partition for partition in self._ready if partition not in self._paused]:
            wanted = min(SLICE, max_records - sum(map(len, found.values())))
            if wanted <= 0:
                break
            await self._breath.take()
            position = self._positions.get(partition)
            if position is None or partition in self._paused:
                continue
            records = self._log.select(partition, position, wanted)
            self._ready.pop(partition, None)
            if records:
                found[partition] = records
                self._positions[partition] = records[-1].offset + 1
            if self._positions[partition] < self._log.end_of(partition):
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
        self._positions.clear()
        self._ready.clear()
        self._log.forget(self)

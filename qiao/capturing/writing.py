"""Handing what is read to a file, in large transactions, while the next is read."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from libs.log import Partition, Record
from libs.sqlite import in_thread
from qiao.capturing.reading import Stretch

TOGETHER = 20_000
"""Records in one transaction: a capture that ends loses no more than that."""
TOGETHER_BYTES = 16 << 20
READ = 200_000
"""Offsets that may be passed over before it is written down that they were."""


class Batcher:
    """Collects stretches and has them written. One transaction is under way at a time, in a thread."""

    def __init__(self, write: Callable[[Stretch], object], done: Callable[[], object]) -> None:
        """`write` blocks, and takes records and positions both or not at all; `done` is called after each."""
        self._write_down, self._done = write, done
        self._records: list[Record] = []
        self._positions: dict[Partition, int] = {}
        self._bytes = 0
        self._busy: asyncio.Task[object] | None = None
        self._failed = False

    async def take_all(self, incoming: AsyncIterator[Stretch], begin: Mapping[Partition, int]) -> None:
        """From `begin` on. Whatever ends it, what came before is kept. Raises what reading and writing raise."""
        written = dict(begin)
        try:
            async for stretch in incoming:
                self._collect(stretch)
                if self._enough(written):
                    written |= self._positions
                    await self._write()
        finally:
            await self._write()
            await self._settled()

    def _collect(self, stretch: Stretch) -> None:
        self._records += stretch.records
        self._positions |= stretch.positions
        self._bytes += sum(len(record.value) for record in stretch.records)

    def _enough(self, written: Mapping[Partition, int]) -> bool:
        if len(self._records) >= TOGETHER or self._bytes >= TOGETHER_BYTES:
            return True
        return sum(position - written[place] for place, position in self._positions.items()) >= READ

    async def _write(self) -> None:
        await self._settled()
        if self._failed:
            return  # what comes after something that was not written would leave a hole
        stretch = Stretch(self._records, self._positions)
        self._records, self._positions, self._bytes = [], {}, 0
        self._busy = asyncio.ensure_future(in_thread(lambda: self._write_down(stretch)))

    async def _settled(self) -> None:
        if self._busy is None:
            return
        busy, self._busy = self._busy, None
        self._failed = True
        await busy
        self._failed = False
        self._done()

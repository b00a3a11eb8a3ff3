"""Handing what is read to a file, in large transactions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from libs.log import Partition, Record
from libs.log.stretches import Stretch

TOGETHER = 10_000
"""Records in one transaction: a capture that ends loses no more than that."""
TOGETHER_BYTES = 16 << 20
PASSED_OVER = 200_000
"""Offsets that may be passed over before it is written down that they were."""


class Batcher:
    """Collects stretches and has them written, on the event loop: in a thread the statements would wait for the
    interpreter at every row (docs/decisions/0003), and nothing else runs here."""

    def __init__(self, write: Callable[[Stretch], object], done: Callable[[], object]) -> None:
        """`write` blocks, and takes records and positions both or not at all; `done` is called after each."""
        self._write_down, self._done = write, done
        self._records: list[Record] = []
        self._positions: dict[Partition, int] = {}
        self._bytes = 0

    async def take_all(self, incoming: AsyncIterator[Stretch], begin: Mapping[Partition, int]) -> None:
        """From `begin` on. Whatever ends the reading, what came before is kept. Raises what reading and writing raise.

        After a write that failed nothing more is written: it would leave a hole.
        """
        written = dict(begin)
        try:
            async for stretch in incoming:
                self._collect(stretch)
                if self._enough(written):
                    written |= self._positions
                    self._write()
                    await asyncio.sleep(0)
        finally:
            self._write()

    def _collect(self, stretch: Stretch) -> None:
        self._records += stretch.records
        self._positions |= stretch.positions
        self._bytes += sum(len(record.value) for record in stretch.records)

    def _enough(self, written: Mapping[Partition, int]) -> bool:
        if len(self._records) >= TOGETHER or self._bytes >= TOGETHER_BYTES:
            return True
        return sum(position - written[place] for place, position in self._positions.items()) >= PASSED_OVER

    def _write(self) -> None:
        stretch = Stretch(self._records, self._positions)
        # Taken before it is written: what fails is not tried again behind what is missing.
        self._records, self._positions, self._bytes = [], {}, 0
        self._write_down(stretch)
        self._done()

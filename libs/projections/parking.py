"""The parking lot of one partition: events that could not be folded, and those that queue behind them by key."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping

import msgspec

from libs.log import Partition
from libs.projections.tables import PARKED, Parked, ParkedState
from libs.views import Put, Reads, stamp

PAGE = 500
WAITING = ("parked", "queued")
KEPT_SECONDS = 90 * 24 * 3600
"""For so long it can be looked up how a waiting ended; then the row goes, or every new owner would read them all.

By then nobody is left who could write the row that it outranks: a worker that lost its partition ends within minutes.
"""


class ParkingLot:
    """Which keys of one partition stand aside. The rows are the truth; this is their index in memory."""

    def __init__(self, projection: str, partition: Partition, epoch: int) -> None:
        """Empty until `load`."""
        self._projection, self._partition, self.epoch = projection, partition, epoch
        self._waiting: dict[str, set[int]] = defaultdict(set)

    async def load(self, reads: Reads) -> None:
        """Fill the index from the rows."""
        async for row in parked_rows(reads, self._projection, self._partition):
            if row.body.epoch == self.epoch:
                self.note(row.key, row.offset)

    @property
    def waiting(self) -> Mapping[str, set[int]]:
        """The offsets that wait, by key."""
        return self._waiting

    def note(self, key: str, offset: int) -> None:
        """The event at `offset` waits from now on. Call it once its row is flushed."""
        self._waiting[key].add(offset)

    def release(self, key: str, offset: int) -> None:
        """The event at `offset` waits no more."""
        self._waiting[key].discard(offset)
        if not self._waiting[key]:
            del self._waiting[key]

    def put(self, key: str, offset: int, body: ParkedState) -> Put:
        """The write of a parked event's row; what ends the waiting outranks what began it."""
        ended, body = body.state not in WAITING, msgspec.structs.replace(body, epoch=self.epoch)
        row = Parked(self._projection, self._partition.topic, self._partition.number, key, offset, body)
        return Put(PARKED, row, stamp(self.epoch, offset, int(ended)), _expiry(body))


def _expiry(body: ParkedState) -> int | None:
    """Never that of what waits: it is what its key's later events queue behind."""
    if body.state in WAITING or body.ended is None:
        return None
    return body.ended // 1000 + KEPT_SECONDS


async def parked_rows(
    reads: Reads, projection: str, partition: Partition, key: str | None = None
) -> AsyncIterator[Parked]:
    """The events of one partition (or of one key in it) that wait, by key and offset."""
    prefix = (key,) if key is not None else ()
    after: tuple[str | int, ...] = ()
    while True:
        page = await reads.scan(PARKED, (projection, *partition), prefix=prefix, after=after, limit=PAGE)
        for row in page:
            if row.body.state in WAITING:
                yield row
        if len(page) < PAGE:
            return
        after = (page[-1].key, page[-1].offset)[len(prefix) :]

"""The records that wait for their partition's worker: bounded, because the reader is paused while they are many."""

from collections import deque
from collections.abc import Callable, Sequence

from libs.log import Record

BATCH_EVENTS = 500
BATCH_BYTES = 4 << 20
QUEUE_EVENTS = 2_000
QUEUE_BYTES = 8 << 20


class RecordQueue:
    """First in, first out. It never holds more than its bounds and what one poll brings on top."""

    def __init__(self, on_drained: Callable[[], None]) -> None:
        """`on_drained` is called when there is room again after `offer` said there was none."""
        self._on_drained = on_drained
        self._records: deque[Record] = deque()
        self._bytes = 0
        self._stopped = False

    def __len__(self) -> int:
        """How many records wait."""
        return len(self._records)

    def offer(self, records: Sequence[Record]) -> bool:
        """Take records; False if the queue is now full: bring no more until `on_drained`."""
        self._records.extend(records)
        self._bytes += sum(len(record.value) for record in records)
        self._stopped = len(self._records) >= QUEUE_EVENTS or self._bytes >= QUEUE_BYTES
        return not self._stopped

    def take(self) -> list[Record]:
        """The next batch: at least one record if any waits, else as many as a batch may have."""
        batch: list[Record] = []
        size = 0
        while self._records and len(batch) < BATCH_EVENTS and (not batch or size < BATCH_BYTES):
            record = self._records.popleft()
            batch.append(record)
            size += len(record.value)
        self._bytes -= size
        self._ask_for_more()
        return batch

    def _ask_for_more(self) -> None:
        """As soon as half of it is free: the reader refills it while the batch is folded."""
        if self._stopped and len(self._records) <= QUEUE_EVENTS // 2 and self._bytes <= QUEUE_BYTES // 2:
            self._stopped = False
            self._on_drained()

"""One partition of one projection: takes records in order, folds them in batches, retries, parks, redrives.

Transient errors are retried for ever while the partition's queue fills up and the host pauses it. Any other error is
cornered by halving the batch; the single event at fault is tried three times, then parked.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from libs.log import Record
from libs.projections.failures import TRANSIENT, PartitionStopped, frames_of, patiently
from libs.projections.folding import Folder
from libs.projections.queue import RecordQueue
from libs.projections.redrive import Redriver
from libs.projections.sorting import header, type_of
from libs.projections.tables import ParkedState
from libs.telemetry import current_trace_id, metrics, spans

TRIES = 3
PARKED_IN_A_ROW = 20
LOOK_FOR_REQUESTS = 1.0

T = TypeVar("T")

log = logging.getLogger(__name__)


class PartitionWorker:
    """Runs as one task from assignment to revocation. `offer` feeds it, `stop` lets it finish the batch in hand."""

    def __init__(self, folder: Folder, redriver: Redriver, on_drained: Callable[[], None]) -> None:
        """`on_drained` is called when there is room again after `offer` said there was none."""
        self._folder, self._redriver = folder, redriver
        self._name = folder.projection.name
        self._queue = RecordQueue(on_drained)
        self._wake = asyncio.Event()
        self._stopping = False
        self._parked_in_a_row = 0
        self._look_at = 0.0
        self.trouble: str | None = None
        """Why it does not move, for the health report; None while all is well."""

    def offer(self, records: Sequence[Record]) -> bool:
        """Take records; False if the queue is now full: pause until `on_drained`."""
        self._wake.set()
        return self._queue.offer(records)

    def stop(self) -> None:
        """Finish the batch in hand, then end."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Work until stopped. Whatever ends it otherwise is told as `trouble`, logged and raised."""
        try:
            await self._work()
        except Exception as error:
            self.trouble = f"stopped: {error!r}"
            log.critical("a partition of %s stopped", self._name, exc_info=error)
            raise

    async def _work(self) -> None:
        while not self._stopping:
            await self._wait()
            if self._may_be_asked and asyncio.get_running_loop().time() >= self._look_at:
                await self._look_for_requests()
            if self._queue and not self._stopping:
                await self.fold(self._queue.take())

    @property
    def _may_be_asked(self) -> bool:
        return bool(self._folder.lot.waiting) or self._redriver.owes

    async def _wait(self) -> None:
        """Until there is something to do; while it may be asked for something, no longer than until the next look."""
        if self._queue or self._stopping:
            return
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), LOOK_FOR_REQUESTS if self._may_be_asked else None)
        except TimeoutError:
            return

    async def _look_for_requests(self) -> None:
        """A store that is away leaves the request for the next look: the other keys must not wait for it."""
        try:
            await self.serve()
        except TRANSIENT as error:
            log.warning("%s could not look for redrive requests: %r", self._name, error)
        self._look_at = asyncio.get_running_loop().time() + LOOK_FOR_REQUESTS

    async def serve(self) -> None:
        """Carry out a redrive or discard that an operator asked for. Raises what the stores raise."""
        await self._redriver.serve()

    async def fold(self, records: Sequence[Record]) -> None:
        """Fold, or corner the event at fault and park it."""
        error = await self._try(records)
        if error is None:
            return
        if len(records) == 1:
            await self._park(records[0], error)
            return
        middle = len(records) // 2
        await self.fold(records[:middle])
        await self.fold(records[middle:])

    async def _try(self, records: Sequence[Record]) -> Exception | None:
        error: Exception | None = None
        for _ in range(TRIES if len(records) == 1 else 1):
            try:
                with self._span(records):
                    folded = await self._patiently(lambda: self._folder.fold(records), "fold")
            except Exception as failure:  # noqa: BLE001 - whatever a handler raises is the event's failure: it parks
                error = failure
            else:
                self._parked_in_a_row = 0 if folded else self._parked_in_a_row
                return None
        return error

    def _span(self, records: Sequence[Record]) -> spans.Span:
        causes = ((header(record, "traceparent"), header(record, "tracestate")) for record in records)
        place, group = self._folder.partition, self._folder.projection.group
        return spans.process(place.topic, place.number, group, len(records), causes)

    async def _park(self, record: Record, error: Exception) -> None:
        """Set it aside. Whoever looks into it finds the trace of the request that it came from."""
        with spans.follow(header(record, "traceparent"), header(record, "tracestate")):
            place = record.place
            if self._parked_in_a_row >= PARKED_IN_A_ROW:
                raise PartitionStopped(f"{self._name} stops at {place}: too many keys parked in a row")
            log.error("parked %s of %s: %r", place, self._name, error, exc_info=error)
            body = ParkedState(
                state="parked",
                event_type=type_of(record),
                error=repr(error)[:500],
                frames=frames_of(error),
                trace=current_trace_id(),
                tries=TRIES,
            )
            await self._patiently(lambda: self._folder.park(record, body), "park")
        self._parked_in_a_row += 1
        metrics.events_parked(self._name, record.topic)

    async def _patiently(self, attempt: Callable[[], Awaitable[T]], what: str) -> T:
        return await patiently(attempt, f"{what} {self._name}", self._note)

    def _note(self, trouble: str | None) -> None:
        self.trouble = trouble

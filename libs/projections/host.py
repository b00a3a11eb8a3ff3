"""The projection host: joins a group, gives each partition it is assigned a worker, and stops cleanly.

One host runs one projection. Resume is from the progress rows; the group's commit only informs tools.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from libs.log import Bounds, LogUnavailable, Partition, Reader, Record
from libs.projections.amendments import Amendments, load_amendments
from libs.projections.failures import TRANSIENT, ProjectionRefused, patiently
from libs.projections.folding import Folder, FoldStores
from libs.projections.generations.mapped import at_generation
from libs.projections.generations.still import StandingStill
from libs.projections.parking import ParkingLot
from libs.projections.progress import GENERATION, Marks
from libs.projections.projection import Projection
from libs.projections.redrive import Redriver
from libs.projections.worker import PartitionWorker
from libs.telemetry import metrics
from libs.vault import Vault
from libs.vault.epochs import epoch_of

POLL_EVENTS = 1_000
POLL_TIMEOUT = 0.5
BACKOFF = 0.5
STOP_TIMEOUT = 25.0
TIDY_EVERY = 5.0
LOOK_EVERY = 1.0
"""Seconds between looks at which generation serves."""
LOOK_STANDING_STILL = 0.05
"""The same while nothing is folded because one generation is handing over to another."""
NOT_JOINED = "not joined yet"

T = TypeVar("T")

log = logging.getLogger(__name__)


class _Stopped(asyncio.CancelledError):
    """Partitions are not begun any more. A cancellation: who runs `_assigned` as a task has no failure to tell."""


class Known(NamedTuple):
    """What the stores know of a partition that is taken over."""

    place: Partition
    epoch: int
    reached: int | None
    emitted: int
    lot: ParkingLot


class Running(NamedTuple):
    """A worker with its task."""

    worker: PartitionWorker
    folder: Folder
    task: asyncio.Task[None]


class Host:
    """Runs one projection until it is told to stop."""

    def __init__(self, projection: Projection, stores: FoldStores, vault: Vault, *, instance: str) -> None:
        """`instance` is the static member's id: stable over restarts, one process each."""
        self.projection, self._stores, self._vault, self._instance = projection, stores, vault, instance
        self._running: dict[Partition, Running] = {}
        self._reader: Reader | None = None
        self._stopping = asyncio.Event()
        self._joined = False
        self._trouble: str | None = NOT_JOINED
        self._beginning: str | None = None
        self._views = stores.views
        self._generation = GENERATION
        self._places: set[Partition] = set()
        self._still = StandingStill(vault, projection.name)
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Poll and fold until `stop`. Raises ProjectionRefused, TopicChanged, TopicUnknown, Fenced, OffsetOutOfRange.

        A partition that stops by itself (PartitionStopped) does not end the others: `trouble` says so.
        """
        topics = await self._stores.log.topics()
        missing = [topic for topic in self.projection.topics if topic not in topics]
        if missing:
            raise ProjectionRefused(f"topics {missing} do not exist: run qiao migrate")
        self._ids = {name: info.id for name, info in topics.items()}
        self._reader = await self._stores.log.subscribe(
            self.projection.group,
            self.projection.topics,
            instance=f"{self.projection.name}-{self._instance}",
            on_assigned=self._assigned,
            on_revoked=self._revoked,
        )
        try:
            await self._loop(self._reader)
        finally:
            await self._finish(self._reader)

    def stop(self) -> None:
        """Let `run` finish the batches in hand and return."""
        self._stopping.set()

    @property
    def trouble(self) -> str | None:
        """Why it does not move, for the health report; None while all is well."""
        workers = (
            f"{place}: {running.worker.trouble}" for place, running in self._running.items() if running.worker.trouble
        )
        return self._beginning or self._trouble or next(workers, None)

    def _note_beginning(self, trouble: str | None) -> None:
        self._beginning = trouble

    async def _loop(self, reader: Reader) -> None:
        tidy_at = look_at = 0.0
        while not self._stopping.is_set():
            try:
                polled = await reader.poll(POLL_EVENTS, LOOK_STANDING_STILL if self._still.now else POLL_TIMEOUT)
            except LogUnavailable as error:
                self._trouble = repr(error)
                await self._pause_a_moment()
                continue
            except _Stopped:
                return
            self._trouble = None if self._joined else NOT_JOINED
            for place, records in polled.items():
                self._deliver(reader, place, records)
            now = asyncio.get_running_loop().time()
            if now >= look_at:
                await self._follow(reader)
                look_at = now + (LOOK_STANDING_STILL if self._still.now else LOOK_EVERY)
            if now >= tidy_at:
                tidy_at = now + TIDY_EVERY
                await self._tidy(reader)

    async def _pause_a_moment(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), BACKOFF)

    def _deliver(self, reader: Reader, place: Partition, records: Sequence[Record]) -> None:
        running = self._running.get(place)
        if running is not None and not running.worker.offer(records):
            reader.pause([place])

    async def _follow(self, reader: Reader) -> None:
        """Fold the generation that serves; stand still while it is handed over to another one.

        A vault or store that is away changes nothing: the next look finds out. Nor does it wait for partitions that
        come or go just now: who does not poll loses them all.
        """
        if self._turn.locked():
            return
        try:
            async with self._turn:
                await self._end(self._running.keys() - self._places)
                standing = await self._still.look()
                if self._still.now:
                    await self._end(self._places)
                    reader.pause(self._places)
                    await self._still.tell(self._places)
                elif standing.serving != self._generation or not self._places <= self._running.keys():
                    await self._begin_again(reader)
        except TRANSIENT as error:
            log.warning("%s could not look which generation serves: %r", self.projection.name, error)

    async def _begin_again(self, reader: Reader) -> None:
        await self._end(self._places)
        for place, start in (await self._begin_all(list(self._places))).items():
            reader.seek(place, start)
        reader.resume(self._places)

    async def _assigned(self, places: Iterable[Partition]) -> Mapping[Partition, int]:
        places = list(places)
        # A log that lost its group may assign again what it never told us was gone.
        await self._revoked(places)
        async with self._turn:
            starts = await self._unless_stopped(self._begin_patiently(places)) if places else {}
            self._places.update(places)
        self._joined = True
        log.info("%s has %d partitions", self.projection.name, len(self._places))
        return starts

    async def _begin_patiently(self, places: Sequence[Partition]) -> Mapping[Partition, int]:
        what = f"begin {self.projection.name}"
        return await patiently(lambda: self._begin_all(places), what, self._note_beginning)

    async def _unless_stopped(self, work: Coroutine[None, None, T]) -> T:
        """What `work` comes to. Once told to stop it raises _Stopped: the stores may be away for ever."""
        working, stopping = asyncio.create_task(work), asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
            if self._stopping.is_set():
                raise _Stopped
            return working.result()
        finally:
            # Nothing of it goes on once others have the turn.
            working.cancel()
            stopping.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)

    async def _begin_all(self, places: Sequence[Partition]) -> Mapping[Partition, int]:
        """Where to read each from. While one generation hands over to another none is begun: `_follow` does it then."""
        standing = await self._still.look()
        self._views = at_generation(self._stores.views, self.projection, standing.serving)
        self._generation = standing.serving
        known = await asyncio.gather(*(self._read(place) for place in places))
        amendments = await load_amendments(self._stores.log)
        # The log is asked last. An owner that has yet to hear that it is one no more goes on folding: asked first, the
        # log would seem to end below the progress that was made since.
        bounds = await self._stores.log.bounds(places)
        folders = [self._folder(one, bounds[place], amendments) for place, one in zip(places, known, strict=True)]
        if not self._still.now:
            self._running.update(
                (folder.partition, self._employ(folder, bounds[folder.partition].end)) for folder in folders
            )
        return {folder.partition: folder.reached for folder in folders}

    async def _read(self, place: Partition) -> Known:
        name, views = self.projection.name, self._views
        epoch, marks = await epoch_of(self._vault, place.topic, self._ids[place.topic]), Marks(name)
        reached = await marks.read(views, place, "reached", epoch)
        emitted = await marks.read(views, place, "emitted", epoch)
        lot = ParkingLot(name, place, epoch)
        await lot.load(views)
        return Known(place, epoch, reached, emitted or 0, lot)

    def _folder(self, known: Known, bounds: Bounds, amendments: Amendments) -> Folder:
        """Raises ProjectionRefused where the log is not the one we know."""
        place, epoch, reached, emitted, lot = known
        if reached is not None and reached > bounds.end:
            raise ProjectionRefused(
                f"{self.projection.name} has folded {place} up to {reached}, "
                f"but the log ends at {bounds.end}: restore the log, or raise the topic's epoch and rebuild"
            )
        start = bounds.start if reached is None else reached
        return Folder(
            self.projection,
            self._stores._replace(views=self._views),
            place,
            epoch=epoch,
            start=start,
            emitted=emitted,
            lot=lot,
            amendments=amendments,
        )

    def _employ(self, folder: Folder, log_end: int) -> Running:
        place = folder.partition

        def resume() -> None:
            if self._reader is not None:
                self._reader.resume([place])

        redriver = Redriver(self._vault, self._stores.log, folder, begins_at=log_end)
        worker = PartitionWorker(folder, redriver, resume)
        return Running(worker, folder, asyncio.create_task(worker.run(), name=f"{self.projection.name} {place}"))

    async def _revoked(self, places: Iterable[Partition]) -> None:
        self._joined = False
        gone = set(places)
        # At once, whatever is under way: should this be cut off, `_follow` ends what still runs of them.
        self._places -= gone
        async with self._turn:
            await self._end(gone)

    async def _end(self, places: Iterable[Partition]) -> None:
        """Let the workers finish the batch in hand; what does not end in time is cut off, which is safe.

        So it is where this is cancelled itself: nobody else knows of these workers any more.
        """
        gone = [running for place in list(places) if (running := self._running.pop(place, None))]
        for running in gone:
            running.worker.stop()
            place = running.folder.partition
            metrics.forget_partition(self.projection.name, place.topic, place.number)
        if not gone:
            return
        tasks = [running.task for running in gone]
        try:
            await asyncio.wait(tasks, timeout=STOP_TIMEOUT)
        finally:
            for task in tasks:
                task.cancel()
        for error in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(error, Exception):
                log.error("a worker of %s had ended: %r", self.projection.name, error)

    async def _tidy(self, reader: Reader) -> None:
        """Tell tools and metrics how far the work is."""
        places = list(self._running)
        try:
            await reader.commit({place: self._running[place].folder.reached for place in places})
            bounds = await self._stores.log.bounds(places)
        except LogUnavailable as error:
            log.warning("%s could not report its lag: %r", self.projection.name, error)
            return
        for place in places:
            if running := self._running.get(place):
                lag = bounds[place].end - running.folder.reached
                metrics.lag(self.projection.name, place.topic, place.number, lag)
                metrics.parked_keys(self.projection.name, place.topic, place.number, len(running.folder.lot.waiting))

    async def _finish(self, reader: Reader) -> None:
        self.stop()  # Whatever ended it: partitions that come now are not begun.
        await self._revoked(list(self._places))
        await self._end(self._running)  # What was begun just when it was told to stop.
        await reader.close()

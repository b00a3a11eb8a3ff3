"""A small cluster: one log, one store, and processes that come, go, fail, die and linger as zombies."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from libs.events import Event, Meta, Opener
from libs.log import Log, Partition, Publisher, Record, TopicSpec
from libs.log.embedded import open_log
from libs.projections import SYSTEM_TABLES, FoldStores, Handler, Out, Projection
from libs.projections.folding import Folder
from libs.projections.parking import ParkingLot
from libs.projections.progress import Marks
from libs.projections.redrive import Redriver, Request, answer, ask
from libs.projections.worker import PartitionWorker
from libs.vault import Vault
from libs.vault.epochs import epoch_of, register
from libs.vault.keys import KeyRing
from libs.vault.sqlite import open_vault
from libs.views import Views
from libs.views.sqlite import open_views
from tests.property.chaos import ChaosViews, Killed
from tests.property.histories import Happened

PARTITIONS = 3


class Process:
    """One process's hold on one partition."""

    def __init__(self, worker: PartitionWorker, folder: Folder, views: ChaosViews, position: int) -> None:
        """`position` is the next offset to read."""
        self.worker, self.folder, self.views, self.position = worker, folder, views, position

    async def step(self, records: Sequence[Record]) -> bool:
        """Fold these records; False if the process died of it."""
        try:
            await self.worker.fold(records)
        except Killed:
            return False
        self.position = records[-1].offset + 1
        return True


class World:
    """The cluster."""

    def __init__(self, log: Log, views: Views, vault: Vault, projection: Projection, random: Random) -> None:
        """Made by `build`."""
        self.log, self.views, self.vault, self.random = log, views, vault, random
        self.keys = KeyRing(vault, bytes(32))
        self.opener = Opener(self.keys)
        self.publisher = Publisher(log, self.keys, "/test")
        self.broken: set[UUID] = set()
        self.projection = _breakable(projection, self.broken)
        self.owners: dict[Partition, Process] = {}
        self.zombies: list[Process] = []
        self._records: dict[Partition, list[Record]] = {}

    @classmethod
    async def build(cls, directory: Path, projection: Projection, random: Random, now_ms: int) -> "World":
        """Empty stores in a directory, whose rows expire as seen from `now_ms`."""
        log = await open_log(directory / "log.db")
        views, vault = (
            await open_views(directory / "views.db", clock=lambda: now_ms / 1000),
            await open_vault(directory / "vault.db"),
        )
        await vault.migrate()
        await views.migrate([*SYSTEM_TABLES, *projection.tables])
        await log.create([TopicSpec(topic, PARTITIONS) for topic in projection.topics])
        for topic, info in (await log.topics()).items():
            await register(vault, topic, info.id)
        return cls(log, views, vault, projection, random)

    async def append(self, happened: Sequence[Happened]) -> None:
        """Write a history into the log, in its order, and read it back by partition."""
        for _, _, event in happened:
            owner = getattr(event, "author", None) or getattr(event, "account", None)
            if owner is not None and await self.keys.key_for(owner) is None:
                await self.keys.create(owner)
        for id_, at, event in happened:
            await self.publisher.publish(event, actor=None, id=id_, now=at)
        partitions = [Partition(topic, n) for topic in self.projection.topics for n in range(PARTITIONS)]
        bounds = await self.log.bounds(partitions)
        reader = await self.log.reader({partition: bounds[partition].start for partition in partitions})
        self._records = {partition: [] for partition in partitions}
        left = sum(end - start for start, end in bounds.values())
        while left:
            for partition, records in (await reader.poll(1_000, 5.0)).items():
                self._records[partition].extend(records)
                left -= len(records)
        await reader.close()

    async def hire(self, partition: Partition) -> Process:
        """A fresh process takes the partition over, from what is written."""
        views, name = ChaosViews(self.views, self.random), self.projection.name
        info = (await self.log.topics())[partition.topic]
        epoch = await epoch_of(self.vault, partition.topic, info.id)
        marks, lot = Marks(name), ParkingLot(name, partition, epoch)
        start = await marks.read(self.views, partition, "reached") or 0
        emitted = await marks.read(self.views, partition, "emitted") or 0
        await lot.load(self.views)
        stores = FoldStores(self.log, views, self.publisher)
        folder = Folder(self.projection, stores, partition, epoch=epoch, start=start, emitted=emitted, lot=lot)
        log_end = (await self.log.bounds([partition]))[partition].end
        redriver = Redriver(self.vault, self.log, folder, begins_at=log_end)
        worker = PartitionWorker(folder, redriver, lambda: None)
        process = self.owners[partition] = Process(worker, folder, views, start)
        return process

    async def run(self, steps: int | None = None) -> None:
        """Fold everything, or so many steps of it, through every kind of trouble."""
        for partition in self._records:
            await self.hire(partition)
        done = 0
        while unfinished := [p for p in self._records if self._next(self.owners[p], p, 1)]:
            if done == steps:
                return
            done += 1
            await self._trouble(unfinished)
            chosen = self.random.sample(unfinished, self.random.randint(1, len(unfinished)))
            await asyncio.gather(*(self._advance(partition) for partition in chosen))

    async def _advance(self, partition: Partition) -> None:
        process = self.owners[partition]
        records = self._next(process, partition, self.random.randint(1, 8))
        if records and not await process.step(records):
            await self.hire(partition)

    async def _trouble(self, unfinished: Sequence[Partition]) -> None:
        partition = self.random.choice(unfinished)
        match self.random.randrange(10):
            case 0 | 1:
                self.owners[partition].views.kill_after(self.random.randrange(12))
            case 2 | 3:
                self.owners[partition].views.fail_after(self.random.randrange(12))
            case 4:
                # A rebalance that the old owner has not heard of.
                self.zombies.append(self.owners[partition])
                await self.hire(partition)
            case 5 if self.zombies:
                await self._walk(self.random.choice(self.zombies))
            case _:
                pass

    async def _walk(self, zombie: Process) -> None:
        records = self._next(zombie, zombie.folder.partition, self.random.randint(1, 8))
        if not records or not await zombie.step(records):
            self.zombies.remove(zombie)

    def _next(self, process: Process, partition: Partition, count: int) -> list[Record]:
        behind = (record for record in self._records[partition] if record.offset >= process.position)
        return [record for record, _ in zip(behind, range(count), strict=False)]

    async def repair(self) -> None:
        """The handlers are mended, every parked key is redriven."""
        self.broken.clear()
        for partition in list(self.owners):
            owner = await self.hire(partition)
            for key in list(owner.folder.lot.waiting):
                request = Request(action="redrive", key=key, actor="test", reason="mended")
                assert await ask(self.vault, self.projection.name, partition, request)
                await owner.worker.serve()
                done = await answer(self.vault, self.projection.name, partition)
                assert done is not None
                assert done.state == "done", done.outcome
            assert not owner.folder.lot.waiting

    async def close(self) -> None:
        """Close the stores."""
        await self.log.close()
        await self.views.close()
        await self.vault.close()


def _breakable(projection: Projection, broken: set[UUID]) -> Projection:
    """The same projection, whose handlers fail for the events in `broken`."""

    def wrap(handler: Handler) -> Handler:
        def fold(event: Event, meta: Meta, out: Out) -> None:
            if meta.envelope.id in broken:
                raise RuntimeError("a bug")
            handler.fold(event, meta, out)  # type: ignore[misc]

        return Handler(fold, handler.needs, handler.after)

    handlers: Mapping[type[Event], Any] = {kind: wrap(handler) for kind, handler in projection.handlers.items()}
    return Projection(
        projection.name,
        tables=projection.tables,
        handlers=handlers,
        tallies=projection.tallies,
        recounts=projection.recounts,
    )

"""One partition per topic in real embedded stores, and processes that fold it."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from hashlib import sha512
from pathlib import Path
from typing import Literal
from uuid import UUID

from libs.events import Event, PostCreated, PostLiked, PostUnliked, SealingKey, lowest_at
from libs.log import Entry, Log, Partition, Place, Publisher, Record, TopicSpec
from libs.log.embedded import open_log
from libs.projections import SYSTEM_TABLES, FoldStores, ViewProgress
from libs.projections.amendments import load_amendments
from libs.projections.folding import Folder
from libs.projections.parking import ParkingLot, parked_rows
from libs.projections.progress import Marks
from libs.projections.redrive import Edit, Redriver, Request, answer, ask
from libs.projections.tables import Parked
from libs.projections.worker import PartitionWorker
from libs.vault import Vault
from libs.vault.epochs import epoch_of, register
from libs.vault.sqlite import open_vault
from libs.views import Views
from libs.views.sqlite import open_views
from tests.unit.libs.projections.stepping import SteppingPublisher, SteppingViews, Steps
from tests.unit.libs.projections.toy import TABLES, TALLIES, Toy

Dump = dict[str, list[tuple[object, ...]]]

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
POSTS, REACTIONS = Partition("posts", 0), Partition("reactions", 0)


def an_id(number: int) -> UUID:
    """The same id for the same number, in every run."""
    return UUID(int=lowest_at(int(NOW.timestamp() * 1000)).int | number)


AMY, BOB, CAT = an_id(1), an_id(2), an_id(3)


def post(number: int, author: UUID = AMY) -> PostCreated:
    return PostCreated(post=an_id(100 + number), author=author, text="hi", lang="en")


def like(account: UUID, number: int = 0) -> PostLiked:
    return PostLiked(account=account, post=an_id(100 + number))


def unlike(account: UUID, number: int = 0) -> PostUnliked:
    return PostUnliked(account=account, post=an_id(100 + number))


class FixedKeys:
    """Each account's key, the same in every run."""

    async def key_for(self, account: UUID) -> SealingKey | None:
        return SealingKey(account, sha512(account.bytes).digest())

    async def keys_for(self, accounts: Iterable[UUID]) -> Mapping[UUID, SealingKey]:
        return {account: SealingKey(account, sha512(account.bytes).digest()) for account in accounts}


class Process:
    """One process's hold on one partition, without a host."""

    def __init__(self, folder: Folder, worker: PartitionWorker, steps: Steps) -> None:
        """Made by `Lab.process`."""
        self.folder, self.worker, self.steps = folder, worker, steps


class Lab:
    """The stores, and short ways to use them."""

    def __init__(self, directory: Path, log: Log, views: Views, vault: Vault) -> None:
        """Made by `open_lab`."""
        self.directory, self.log, self.views, self.vault = directory, log, views, vault
        self.keys = FixedKeys()
        self.publisher = Publisher(log, self.keys, "/test")
        self.toy = Toy()
        self._ids = 1_000

    @property
    def stores(self) -> FoldStores:
        """For a host."""
        return FoldStores(self.log, self.views, Publisher(self.log, self.keys, "/toy"))

    async def append(self, *events: Event) -> list[Place]:
        """Write events, each with an id and a time of its own."""
        places = []
        for event in events:
            self._ids += 1
            places.append((await self.publisher.publish(event, actor=None, id=an_id(self._ids), now=NOW)).place)
        return places

    async def append_raw(self, topic: str, key: str, headers: dict[str, str], value: bytes) -> Place:
        """Write what no publisher of ours would."""
        pairs = tuple((name, text.encode()) for name, text in headers.items())
        return (await self.log.append([Entry(topic, key.encode(), value, pairs)]))[0]

    async def copy(self, record: Record) -> None:
        """Write a record once more: any event may stand in the log twice."""
        await self.log.append([Entry(record.topic, record.key, record.value, record.headers)])

    async def records(self, partition: Partition, start: int = 0) -> list[Record]:
        """Everything in a partition from an offset on."""
        end = (await self.log.bounds([partition]))[partition].end
        reader = await self.log.reader({partition: start})
        records: list[Record] = []
        while (records[-1].offset + 1 if records else start) < end:
            records += (await reader.poll(1_000, 5.0)).get(partition, ())
        await reader.close()
        return records

    async def process(
        self,
        partition: Partition,
        *,
        die_at: int | None = None,
        before: Callable[[str], object] = lambda _: None,
    ) -> Process:
        """A fresh process takes the partition over, from what is written."""
        steps = Steps(die_at)
        views, name = SteppingViews(self.views, steps, before), self.toy.projection.name
        epoch = await epoch_of(self.vault, partition.topic, (await self.log.topics())[partition.topic].id)
        marks, lot = Marks(name), ParkingLot(name, partition, epoch)
        start = await marks.read(self.views, partition, "reached", epoch) or 0
        emitted = await marks.read(self.views, partition, "emitted", epoch) or 0
        await lot.load(self.views)
        stores = FoldStores(self.log, views, SteppingPublisher(self.log, self.keys, steps))
        folder = Folder(
            self.toy.projection,
            stores,
            partition,
            epoch=epoch,
            start=start,
            emitted=emitted,
            lot=lot,
            amendments=await load_amendments(self.log),
        )
        log_end = (await self.log.bounds([partition]))[partition].end
        redriver = Redriver(self.vault, self.log, folder, begins_at=log_end)
        worker = PartitionWorker(folder, redriver, lambda: None)
        return Process(folder, worker, steps)

    async def redrive(
        self,
        partition: Partition,
        key: UUID,
        offset: int | None = None,
        action: Literal["redrive", "discard", "edit"] = "redrive",
        edit: Edit | None = None,
    ) -> Request:
        """Ask, let a fresh owner serve it, and return what came of it."""
        request = Request(action=action, key=str(key), offset=offset, edit=edit, actor="tester", reason="because")
        assert await ask(self.vault, "toy", partition, request)
        owner = await self.process(partition)
        await owner.worker.serve()
        done = await answer(self.vault, "toy", partition)
        assert done is not None
        return done

    async def parked(self, partition: Partition) -> list[Parked]:
        """What waits."""
        return [row async for row in parked_rows(self.views, "toy", partition)]

    async def likes(self, number: int = 0) -> int:
        """The tally of a post."""
        row = await self.views.get(TALLIES, an_id(100 + number), "likes", 0)
        return row.count if row else 0

    async def reached(self, partition: Partition) -> int:
        """How far the projection is, durably."""
        return await ViewProgress(self.views, self.vault).reached("toy", partition.topic, partition.number)

    def dump(self) -> Dump:
        """Every cell of every table of the toy, stamps included."""
        with closing(sqlite3.connect(self.directory / "views.db")) as connection:
            toys = [name for name in _tables(connection) if name.startswith("toy")]
            assert len(toys) == len(TABLES)
            return {name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall()) for name in toys}

    def forget(self) -> None:
        """Take every row away, as if nothing had ever been folded."""
        with closing(sqlite3.connect(self.directory / "views.db")) as connection, connection:
            for name in _tables(connection):
                if name.startswith(("toy", "projections")):
                    connection.execute(f'DELETE FROM "{name}"')


def _tables(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


@asynccontextmanager
async def open_lab(directory: Path) -> AsyncIterator[Lab]:
    """Empty stores in a directory."""
    log, views, vault = (
        await open_log(directory / "log.db"),
        await open_views(directory / "views.db"),
        await open_vault(directory / "vault.db"),
    )
    try:
        await vault.migrate()
        await views.migrate([*SYSTEM_TABLES, *TABLES])
        await log.create([TopicSpec(name, 1) for name in ("posts", "reactions", "operations")])
        for name, info in (await log.topics()).items():
            await register(vault, name, info.id)
        yield Lab(directory, log, views, vault)
    finally:
        await log.close()
        await views.close()
        await vault.close()


async def fold_all(lab: Lab, partition: Partition) -> None:
    """A process takes the partition over and folds it to its end, what it emits there itself included."""
    owner = await lab.process(partition)
    while records := await lab.records(partition, owner.folder.reached):
        await owner.worker.fold(records)

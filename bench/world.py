"""Stores in this very process, on the servers, and projections that run in it: what is folded is measured alone."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from bench.measure import Spent, Watch
from libs.cassandra import connect
from libs.log import Partition, Publisher
from libs.projections import FoldStores, Host, Projection
from libs.projections.progress import GENERATION, Marks
from libs.projections.tables import PROGRESS
from qiao.cluster import cassandra_settings
from qiao.migration import migrate
from qiao.settings import Settings
from qiao.stores import Stores, open_stores

EPOCH = 1
LOOK_SECONDS = 0.03
FOLD_TIMEOUT = 240.0
PROGRESS_ROWS = 1_000


@asynccontextmanager
async def new_world(settings: Settings) -> AsyncIterator[Stores]:
    """Stores in a keyspace of their own."""
    async with new_keyspace(settings), open_stores(settings) as stores:
        await migrate(stores, settings)
        yield stores


@asynccontextmanager
async def new_keyspace(settings: Settings) -> AsyncIterator[None]:
    """The keyspace that the settings name is dropped in the end."""
    try:
        yield
    finally:
        session = await connect(cassandra_settings(settings))
        await session.change_schema(f"DROP KEYSPACE IF EXISTS {session.settings.keyspace}")
        await session.close()


async def partitions_of(stores: Stores, topics: Iterable[str]) -> list[Partition]:
    """Every partition of these topics."""
    known = await stores.log.topics()
    return [Partition(topic, number) for topic in topics for number in range(known[topic].partitions)]


async def begin_at_end(stores: Stores, projections: Sequence[Projection]) -> None:
    """Let projections pass over what others have left in the log, as if they had folded it."""
    for projection in projections:
        bounds = await stores.log.bounds(await partitions_of(stores, projection.topics))
        marks = Marks(projection.name)
        await stores.views.write([marks.put(place, "reached", bound.end, EPOCH) for place, bound in bounds.items()])


async def fold_to_end(stores: Stores, projection: Projection) -> Spent:
    """Run the projection's host until it has folded, durably, what the log holds; what that took from assignment on.

    Raises TimeoutError, and what ends a host.
    """
    publisher = Publisher(stores.log, stores.keys, "/bench")
    host = Host(projection, FoldStores(stores.log, stores.views, publisher), stores.vault, instance="bench")
    running = asyncio.create_task(host.run())
    try:
        async with asyncio.timeout(FOLD_TIMEOUT):
            return await _until_folded(stores, host, running)
    finally:
        host.stop()
        await running


async def _until_folded(stores: Stores, host: Host, running: asyncio.Task[None]) -> Spent:
    bounds = await stores.log.bounds(await partitions_of(stores, host.projection.topics))
    goals = {place: bound.end for place, bound in bounds.items() if bound.end > bound.start}
    while host.trouble is not None and not running.done():  # noqa: ASYNC110 - a host tells of itself only when asked
        await asyncio.sleep(0.002)
    watch = Watch()
    while not running.done():
        rows = await stores.views.scan(PROGRESS, (host.projection.name, GENERATION), limit=PROGRESS_ROWS)
        reached = {Partition(row.topic, row.partition): row.offset for row in rows if row.mark == "reached"}
        if all(reached.get(place, 0) >= end for place, end in goals.items()):
            return watch.spent()
        await asyncio.sleep(LOOK_SECONDS)
    return await _ended(running)


async def _ended(running: asyncio.Task[None]) -> Spent:
    await running
    raise RuntimeError("the host ended before it had folded everything")

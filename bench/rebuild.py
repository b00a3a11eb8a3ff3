"""rebuild: rows/s from Kafka into new tables of `feeds` in Cassandra, while posts arrive live and are folded.

`qiao rebuild` runs as a process of its own; who folds live runs in this one. The floor is batched inserts of as many
rows, made beforehand, with nothing else going on.
"""

import asyncio
import random
import time
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

import msgspec
from cassandra.query import PreparedStatement

from bench.bare.batches import BareBatches, BareRow
from bench.bare.sessions import bare_session, prepare_insert
from bench.measure import Figure, at_least, at_most, percentile
from bench.posts import append_all, entry_of
from bench.processes import start
from bench.run import Run
from bench.servers import environment, new_settings
from bench.talk import Talk
from bench.world import EPOCH, begin_at_end, new_world, partitions_of
from libs.events import new_id
from libs.log import Entry, Publisher
from libs.projections import FoldStores, Host, Projection, ViewProgress
from libs.projections.progress import Marks
from libs.projections.rebuilding import open_ground
from libs.views.port import EXPIRY_MARGIN
from qiao.servers.ports import free_port
from qiao.settings import Settings
from qiao.stores import Stores
from services.feeds import handlers as feeds
from services.feeds.calendar import week_of
from services.feeds.tables import HOME

RATE = 100
"""Posts a second that arrive meanwhile."""

LIKES = 2
"""For each post."""

PEOPLE = 80
"""In a quick run: the more follow whom the live posts are from, the longer they keep the rebuild from the end."""

FLOOR_ROWS = 60_000
BATCH = 200
LOOK_SECONDS = 0.005
TIMEOUT = 300.0


class Told(msgspec.Struct):
    """Of what `qiao rebuild --json` prints, what matters here."""

    done: str
    rows: int
    seconds: float
    held_seconds: float


async def measure(run: Run) -> list[Figure]:
    """Fold a community that talks, rebuild it beside live posts, then insert bare."""
    # Tables of its own: rows that other figures wrote and this projection never folded would count as differences.
    settings = new_settings(await run.servers(), run.directory, f"127.0.0.1:{free_port()}")
    async with new_world(settings) as stores:
        return await _measure(run, settings, stores)


async def _measure(run: Run, settings: Settings, stores: Stores) -> list[Figure]:
    projection, talk = feeds.projection(), Talk(run.sized(None, PEOPLE))
    await _begin_here(stores, projection)
    run.say("rebuild: a community talks")
    await append_all(stores.log, list(talk.entries(run.sized(4_000, 800), LIKES)))
    host = Host(
        projection,
        FoldStores(stores.log, stores.store, Publisher(stores.log, stores.keys, "/bench")),
        stores.vault,
        instance="bench",
    )
    running = asyncio.create_task(host.run())
    try:
        run.say("rebuild: folding live")
        await _caught_up(stores, projection)
        run.say("rebuild: into new tables")
        told, times = await _beside(run, settings, stores, talk)
    finally:
        host.stop()
        await running
    run.say("rebuild: bare")
    floor = await _bare(settings.views)
    return _figures(told, times, floor)


def _figures(told: Told, times: list[float], floor: float) -> list[Figure]:
    note = (
        f"{told.rows:,} rows, {RATE} posts/s live meanwhile, compared and swapped ({told.done}); stood still for "
        f"{told.held_seconds:.1f} s; the floor is bare unlogged batches of {BATCH} home rows, nothing else at work"
    )
    return [
        Figure(
            name="rebuild",
            value=told.rows / told.seconds,
            unit="rows/s",
            floor=floor,
            note=note,
            target=at_least(0.6, "ratio"),
        ),
        Figure(
            name="rebuild_freshness_p99",
            value=percentile(times, 0.99),
            unit="ms",
            note="of live posts meanwhile, the swap included: from the log's acknowledgement to the progress of feeds",
            target=at_most(1_000),
        ),
    ]


async def _begin_here(stores: Stores, projection: Projection) -> None:
    """What other figures left in the log is neither folded nor rebuilt."""
    await begin_at_end(stores, [projection])
    bounds = await stores.log.bounds(await partitions_of(stores, projection.topics))
    marks = Marks(projection.name, 1)
    await stores.store.write([marks.put(place, "reached", bound.end, EPOCH) for place, bound in bounds.items()])


async def _caught_up(stores: Stores, projection: Projection) -> None:
    ground = await open_ground(projection, stores.log, stores.store, stores.vault)
    bounds = await stores.log.bounds(ground.places)
    async with asyncio.timeout(TIMEOUT):
        while True:
            reached = await ground.marks(ground.at(0), "reached")
            if all(reached.get(place, 0) >= bound.end for place, bound in bounds.items()):
                return
            await asyncio.sleep(0.1)


async def _beside(run: Run, settings: Settings, stores: Stores, talk: Talk) -> tuple[Told, list[float]]:
    output = run.directory / "rebuild.json"
    process = await start(["qiao", "rebuild", "feeds", "--json"], output, environment(settings))
    times: list[float] = []
    posting = asyncio.create_task(_post(stores, talk, times))
    try:
        async with asyncio.timeout(TIMEOUT):
            await process.ended()
    finally:
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        await process.stop()
    return msgspec.json.decode(output.read_bytes().splitlines()[-1], type=Told), times


async def _post(stores: Stores, talk: Talk, times: list[float]) -> None:
    """So many a second, until cancelled; every tenth is waited for."""
    choose, progress = random.Random(1), ViewProgress(stores.views, stores.vault)
    began, waiting = time.perf_counter(), set[asyncio.Task[None]]()
    number = 0
    try:
        while True:
            author = choose.choice(talk.people)
            entry = entry_of(author, f"live {number}", talk.keys[author])
            task = asyncio.create_task(_one(stores, progress, entry, times if number % 10 == 0 else None))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
            number += 1
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
    finally:
        await asyncio.gather(*waiting, return_exceptions=True)


async def _one(stores: Stores, progress: ViewProgress, entry: Entry, times: list[float] | None) -> None:
    [place] = await stores.log.append([entry])
    began = time.perf_counter()
    while times is not None:
        if await progress.reached("feeds", place.topic, place.partition) > place.offset:
            times.append((time.perf_counter() - began) * 1000)
            return
        await asyncio.sleep(LOOK_SECONDS)


async def _bare(views: str) -> float:
    """Rows a second."""
    people = [new_id() for _ in range(1_000)]
    posts = [new_id() for _ in range(FLOOR_ROWS // len(people))]
    async with bare_session(views) as session:
        insert = await prepare_insert(session, HOME, expiring=True)
        rows = _rows(insert, people, posts)
        batches, began = BareBatches(session), time.perf_counter()
        while batch := list(islice(rows, BATCH)):
            await batches.send(batch)
        await batches.drain()
        return FLOOR_ROWS / (time.perf_counter() - began)


def _rows(insert: PreparedStatement, people: list[UUID], posts: list[UUID]) -> Iterator[BareRow]:
    for stamp, post in enumerate(posts, 1):
        week, author = week_of(post), people[stamp % len(people)]
        for account in people:
            yield BareRow(insert, (account, week, post, author, author, stamp, EXPIRY_MARGIN))

"""storage: bytes on disk of what capacity is reckoned from, one copy of each: events in Kafka, rows in Cassandra.

Rows are measured as Cassandra keeps them at rest: flushed, compressed, uncompacted. Random ids compress badly, as real
ones do; texts are those of the load, sealed.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from bench.measure import Figure
from bench.posts import append_all, choose, entries_of, keys_for
from bench.run import Run
from bench.world import begin_at_end, fold_to_end
from libs.cassandra import CassandraSession, connect
from libs.events import AccountFollowed, Event, PostLiked, envelope_for, new_id, spec_of, to_record_parts
from libs.log import Entry
from libs.views import Put
from qiao.cluster import cassandra_settings
from qiao.services import projections
from qiao.settings import Settings
from qiao.stores import Stores
from services.feeds.calendar import week_of
from services.feeds.tables import HOME, HomePost

AUTHORS = 2_000
STEADY = 5
"""Looks in a row that find the same size."""
LOOK_SECONDS = 1.5
MOST_LOOKS = 60
FLUSH_MS = 1_000


class Disk:
    """What the servers of this run hold on disk."""

    def __init__(self, run: Run, settings: Settings, session: CassandraSession) -> None:
        """`run` started the servers."""
        self._kafka = run.directory / "kafka" / "data"
        self._tables = run.directory / "cassandra" / "data" / "data" / session.settings.keyspace
        self._session = session

    def log(self, topic: str) -> int:
        """Bytes of a topic's records."""
        return sum(file.stat().st_size for file in self._kafka.glob(f"**/{topic}-*/*.log"))

    async def views(self) -> int:
        """Bytes of all tables, once everything is flushed."""
        await self._flush_every(FLUSH_MS)
        try:
            return await self._steady()
        finally:
            await self._flush_every(0)

    async def _flush_every(self, milliseconds: int) -> None:
        """Folding into tables that are flushed all the time takes minutes: 0 leaves it to Cassandra again."""
        keyspace = self._session.settings.keyspace
        for (table,) in await self._session.query(
            f"SELECT table_name FROM system_schema.tables WHERE keyspace_name = '{keyspace}'"
        ):
            await self._session.change_schema(
                f"ALTER TABLE {keyspace}.{table} WITH memtable_flush_period_in_ms = {milliseconds}"
            )

    async def _steady(self) -> int:
        """Once it changes no more."""
        sizes: list[int] = []
        while len(sizes) < MOST_LOOKS and (len(sizes) < STEADY or len(set(sizes[-STEADY:])) > 1):
            await asyncio.sleep(LOOK_SECONDS)
            sizes.append(await asyncio.to_thread(_size, self._tables))
        return sizes[-1]


def _size(directory: Path) -> int:
    return sum(file.stat().st_size for file in directory.glob("*/*-Data.db"))


async def measure(run: Run) -> list[Figure]:
    """Append and fold a number of each, one kind after the other."""
    settings, stores = await run.folding()
    session = await connect(cassandra_settings(settings))
    try:
        return await _measured(run, settings, stores, Disk(run, settings, session))
    finally:
        await session.close()


async def _measured(run: Run, settings: Settings, stores: Stores, disk: Disk) -> list[Figure]:
    count, people = run.sized(40_000, 10_000), [new_id() for _ in range(AUTHORS)]
    authors, others = choose(people, count), choose(people, count, seed=1)
    posts = entries_of(authors, keys_for(people))
    follows = _entries([(a, b) for a, b in zip(authors, others, strict=True)], _follow)
    likes = _entries([(a, UUID(post.key.decode())) for a, post in zip(others, posts, strict=True)], _like)
    # What the figures before have appended is not folded here.
    await begin_at_end(stores, projections(settings))
    await disk.views()
    figures = []
    for name, entries in (("post", posts), ("follow", follows), ("like", likes)):
        run.say(f"storage: {name}")
        topic = entries[0].topic
        log, views = disk.log(topic), await disk.views()
        await append_all(stores.log, entries)
        await _fold(stores, settings)
        figures += [
            _figure(f"storage_log_{name}", (disk.log(topic) - log) / count),
            _figure(f"storage_views_{name}", (await disk.views() - views) / count),
        ]
    run.say("storage: home rows")
    views = await disk.views()
    rows = [HomePost(new_id(), week_of(post), post, new_id(), new_id()) for post in (new_id() for _ in range(count))]
    for begin in range(0, count, 10_000):
        await stores.views.write([Put(HOME, row, 1) for row in rows[begin : begin + 10_000]])
    return [*figures, _figure("storage_views_delivery", (await disk.views() - views) / count)]


async def _fold(stores: Stores, settings: Settings) -> None:
    for projection in projections(settings):
        await fold_to_end(stores, projection)


def _follow(account: UUID, target: UUID) -> Event:
    return AccountFollowed(account=account, target=target)


def _like(account: UUID, post: UUID) -> Event:
    return PostLiked(account=account, post=post)


def _entries(pairs: Sequence[tuple[UUID, UUID]], event_of: Callable[[UUID, UUID], Event]) -> list[Entry]:
    return [_entry(event_of(*pair), pair[0]) for pair in pairs]


def _entry(event: Event, actor: UUID) -> Entry:
    envelope = envelope_for(event, source="/bench", actor=actor, now=datetime.now(UTC))
    parts = to_record_parts(event, envelope, None)
    return Entry(spec_of(event).topic, parts.key, parts.value, parts.headers)


def _figure(name: str, value: float) -> Figure:
    return Figure(name=name, value=value, unit="bytes", note="one copy, on disk")

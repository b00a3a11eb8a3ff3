"""journey, why: what is told of one post in a log of a million events, embedded."""

import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from uuid import UUID

from bench.history import BEGIN_MS, history
from bench.measure import Figure, at_most, percentile
from bench.run import Run
from libs.events import AccountFollowed, PostCreated, decode_data
from libs.events.headers import decode_envelope
from libs.log import Bounds, Log, Record
from libs.log.embedded import open_log
from libs.log.merging import in_batches, in_canonical_order
from libs.projections import SYSTEM_TABLES, Projection, ViewProgress
from libs.projections.progress import Marks
from libs.projections.replaying import BATCH, Replayer
from libs.vault.epochs import FIRST_EPOCH
from libs.vault.sqlite import open_vault
from libs.views import Views
from libs.views.sqlite import open_views
from qiao.journeys import Journeys
from qiao.journeys.explaining import Explainer
from qiao.services import projections
from qiao.settings import Settings
from qiao.sources import bounds_of
from services.feeds.queries.facts import FactReader

FOLDED = 10_000
"""Events that are in the tables: what is told of a post does not depend on what they hold of others."""

ASKED = 200


async def measure(run: Run) -> list[Figure]:
    """99 of a hundred posts are told of in less."""
    path, count = await history(run)
    async with AsyncExitStack() as stack:
        log = await open_log(path, readonly=True)
        stack.push_async_callback(log.close)
        views = await open_views(run.directory / "journey-views.db", clock=lambda: BEGIN_MS / 1000)
        stack.push_async_callback(views.close)
        vault = await open_vault(run.directory / "journey-vault.db")
        stack.push_async_callback(vault.close)
        await vault.migrate()
        folds = [each for each in projections(Settings()) if each.name != "accounts"]
        run.say(f"journey: folding {FOLDED:,} of {count:,} events")
        posts, readers = await _fold(log, views, folds)
        journeys = Journeys(folds, log, views, ViewProgress(views, vault))
        explainer = Explainer(log, views, FactReader(views))
        run.say("journey: telling")
        choose = random.Random(98)
        asked = choose.sample(posts, min(ASKED, len(posts)))
        told = await _times(asked, lambda post: journeys.of(post))
        whys = await _times(asked, lambda post: explainer.of(post, str(choose.choice(readers)), BEGIN_MS + FOLDED))
    return [_figure("journey", told, count), _figure("why", whys, count)]


def _figure(name: str, times: Sequence[float], count: int) -> Figure:
    return Figure(
        name=name,
        value=percentile(times, 0.99),
        unit="ms",
        note=f"one post, {count:,} events in the log: 99 of 100 in less, half in {percentile(times, 0.5):.1f} ms",
        target=at_most(100),
    )


async def _times(posts: Sequence[UUID], tell: Callable[[UUID], Awaitable[object]]) -> list[float]:
    times = []
    for post in posts:
        began = time.perf_counter()
        await tell(post)
        times.append((time.perf_counter() - began) * 1000)
    return times


async def _fold(log: Log, views: Views, folds: Sequence[Projection]) -> tuple[list[UUID], list[UUID]]:
    """Fold the beginning, and say that all is folded. The posts in it, and who follows anybody."""
    await views.migrate([*SYSTEM_TABLES, *(table for projection in folds for table in projection.tables)])
    bounds = await bounds_of(log)
    replayer = Replayer(folds, views, epochs=dict.fromkeys(await log.topics(), FIRST_EPOCH))
    posts, readers, records = list[UUID](), list[UUID](), list[Record]()
    ends = await log.offsets_at(bounds, BEGIN_MS + FOLDED)  # an event each millisecond
    beginning = {place: Bounds(start, ends[place]) for place, (start, _) in bounds.items()}
    async for batch in in_batches(in_canonical_order(log, beginning), BATCH):
        await replayer.fold([each.record for each in batch])
        records += [each.record for each in batch]
    for record in records:
        event = decode_data(decode_envelope(record.headers), record.value)
        if isinstance(event, PostCreated):
            posts.append(event.post)
        elif isinstance(event, AccountFollowed):
            readers.append(event.account)
    await views.write(
        [
            Marks(projection.name).put(place, "reached", end, FIRST_EPOCH)
            for projection in folds
            for place, (_, end) in bounds.items()
            if place.topic in projection.topics
        ]
    )
    return posts, readers

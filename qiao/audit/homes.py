"""Audits of homes: crossing tables are compared in answers, since rows may differ and still be right."""

import asyncio
import time
from random import Random
from uuid import UUID

from libs.events import AccountRegistered, PostCreated, spec_of
from libs.log import Bounds, Partition
from libs.log.partitioner import partition_for
from libs.projections.auditing import Drift, EventRef, Found, Report
from libs.projections.auditing.auditor import NOTHING
from libs.projections.auditing.drift import key_text, row_text
from libs.projections.auditing.ground import Ground, ground_of
from libs.projections.auditing.histories import Pace, Range, at_once, of_keys, of_some
from libs.telemetry import metrics
from libs.views import Put
from qiao.stores import Stores
from services.feeds.calendar import home_expiry
from services.feeds.queries.comparing import SAME, HomeDifference, home_difference
from services.feeds.tables import HOME, HomePost

FEEDS = "feeds"
ACCOUNTS, POSTS = spec_of(AccountRegistered).topic, spec_of(PostCreated).topic
PATIENCE = 10.0
LOOK_EVERY = 0.1


async def audit_some_homes(stores: Stores, count: int, *, random: Random, pace: Pace = at_once) -> Report:
    """The homes of so many people at random. Raises LogError, ViewsUnavailable, VaultUnavailable."""
    info = (await stores.log.topics()).get(ACCOUNTS)
    report = NOTHING
    for number in random.sample(range(info.partitions), info.partitions) if info else ():
        place = Partition(ACCOUNTS, number)
        end = (await stores.log.bounds([place]))[place].end
        readers = await of_some(Range(stores.log, place, Bounds(0, end), pace), count, random)
        for reader in readers:
            report = report.plus(await audit_home(stores, UUID(reader)))
        if readers:
            break
    return report


async def audit_home(stores: Stores, reader: UUID) -> Report:
    """What a home lacks, or has and should not. Looked at twice: what comes just now is no drift.

    Raises LogError, ViewsUnavailable, VaultUnavailable.
    """
    difference = await home_difference(stores.views, reader, _now_ms())
    if difference:
        passed = await _all_passed(stores, difference)
        again = await home_difference(stores.views, reader, _now_ms()) if passed else None
        difference = None if again is None else difference.both(again)
    found = None if difference is None else await _found(stores, difference or SAME)
    outcome = "passed over" if found is None else "drifted" if found else "agreed"
    metrics.audited(FEEDS, outcome, 1)
    for each in found or ():
        metrics.drifted(FEEDS, each.drift.table)
    return Report(int(outcome == "agreed"), int(found is None), tuple(found or ()))


async def _all_passed(stores: Stores, difference: HomeDifference) -> bool:
    """Wait until feeds has folded, second phase and all, what the log now has in the partitions of these posts."""
    places = {await _place(stores, row) for row in (*difference.lacking, *difference.extra)}
    ends = {place: each.end for place, each in (await stores.log.bounds(places)).items()}
    try:
        async with asyncio.timeout(PATIENCE):
            for place, end in ends.items():
                await _passed(stores, place, end)
    except TimeoutError:
        return False
    return True


async def _passed(stores: Stores, place: Partition, end: int) -> None:
    while True:
        if (await _ground(stores, place)).reached >= end:
            return
        await asyncio.sleep(LOOK_EVERY)


async def _found(stores: Stores, difference: HomeDifference) -> list[Found]:
    found = []
    for row in sorted(difference.lacking | difference.extra, key=lambda row: row.post):
        place = await _place(stores, row)
        ground = await _ground(stores, place)
        if str(row.post) not in ground.waiting:
            found.append(await _one(stores, ground, row, extra=row in difference.extra))
    return found


async def _one(stores: Stores, ground: Ground, row: HomePost, *, extra: bool) -> Found:
    key = HOME.key_of(row)
    stands = await stores.views.get(HOME, *key)
    drift = Drift(
        projection=FEEDS,
        table=HOME.name,
        kind="extra" if extra else "missing" if stands is None else "wrong",
        topic=ground.place.topic,
        partition=ground.place.number,
        key=str(row.post),
        row=key_text(HOME, key),
        stands=row_text(stands),
        should=None if extra else row_text(row),
        parted=await _created(stores, ground, str(row.post)),
        through=str(row.account),
        why="home shows it, the author's timeline does not" if extra else "the author's timeline has it, home has not",
    )
    return Found(drift, Put(HOME, row, ground.latest, home_expiry(row.post)), latest=ground.latest)


async def _created(stores: Stores, ground: Ground, post: str) -> EventRef | None:
    range_ = Range(stores.log, ground.place, Bounds(0, ground.reached), at_once)
    events = (await of_keys(range_, [post])).get(post) or []
    return EventRef.of(events[0]) if events else None


async def _place(stores: Stores, row: HomePost) -> Partition:
    partitions = (await stores.log.topics())[POSTS].partitions
    return Partition(POSTS, partition_for(str(row.post).encode(), partitions))


async def _ground(stores: Stores, place: Partition) -> Ground:
    return await ground_of(FEEDS, stores.views, stores.vault, place)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000

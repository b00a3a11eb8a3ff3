"""An audit never cries wolf: random histories, folded through deaths, zombies, parking and redrive."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from libs.log import Partition
from libs.projections.auditing import Auditor
from libs.projections.auditing import rows as rows_module
from libs.projections.auditing import tallies as tallies_module
from libs.projections.auditing.auditor import NOTHING, Report
from libs.projections.tables import Tally
from libs.views import Put
from services.feeds.handlers import projection
from services.feeds.queries.comparing import SAME, home_difference
from services.feeds.tables import TALLIES
from tests.property.effort import a_share
from tests.property.histories import Action, History, actions
from tests.property.world import PARTITIONS, World

ALL = 10_000


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (rows_module, tallies_module):
        monkeypatch.setattr(module, "PAUSES", (0.0,))
    with stamina.set_testing(True, attempts=sys.maxsize):
        yield


@pytest.mark.may_stall  # many loops in one test
@a_share
@given(wanted=actions, seed=st.integers(min_value=0, max_value=2**32), poison=st.booleans())
def test_what_was_folded_through_any_trouble_shows_no_drift_and_a_spoiled_count_does(
    wanted: list[Action], seed: int, poison: bool
) -> None:
    asyncio.run(_check(wanted, Random(seed), poison))


async def _check(wanted: list[Action], random: Random, poison: bool) -> None:
    history = History(wanted)
    with tempfile.TemporaryDirectory() as directory:
        feeds = projection(follower_threshold=1, back_fill=2)
        world = await World.build(Path(directory), feeds, random, history.end_ms)
        try:
            await world.append(history.happened)
            if poison:
                world.broken.update(happened.id for happened in random.choices(history.happened, k=3))
            # Half-way, flushes that were cut off lie about.
            await world.run(steps=random.randrange(10))
            assert [found.drift for found in (await _audit(world, random)).found] == []
            await world.run()
            await world.repair()
            report = await _audit(world, random)
            assert [found.drift for found in report.found] == []
            assert report.passed_over == 0
            for reader in history.accounts:
                assert await home_difference(world.views, reader, history.end_ms) == SAME
            await _spoil_a_count(world, history, random)
        finally:
            await world.close()


async def _audit(world: World, random: Random) -> Report:
    # Not the world's own: what its handlers fail on is for a moment, and an audit folds when they are mended.
    sound = projection(follower_threshold=1, back_fill=2)
    auditor = Auditor(sound, world.log, world.views, world.vault, random=random)
    report = NOTHING
    for topic in sound.topics:
        for number in range(PARTITIONS):
            report = report.plus(await auditor.some(Partition(topic, number), ALL))
    return report


async def _spoil_a_count(world: World, history: History, random: Random) -> None:
    subjects = [*history.accounts, *(post.post for post in history.posts)]
    rows = [row for subject in subjects for row in await world.views.scan(TALLIES, (subject,), limit=100)]
    if not rows:
        return
    row = random.choice(rows)
    spoiled = Tally(row.subject, row.kind, row.source, row.count + 1, row.at)
    await world.views.write([Put(TALLIES, spoiled, row.at + 1)])
    found = {found.drift.row for found in (await _audit(world, random)).found}
    assert found == {f'["{row.subject}","{row.kind}",{row.source}]'}

"""`why` agrees with home: over random histories, quiet or half folded, it says shown if and only if home shows it."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.calendar import DAY_MS
from services.feeds.handlers import projection
from services.feeds.queries.facts import FactReader
from services.feeds.queries.timelines import Timelines
from services.feeds.queries.why import why
from tests.property.effort import a_share
from tests.property.histories import Action, History, actions
from tests.property.world import World


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=sys.maxsize):
        yield


@pytest.mark.may_stall  # a hundred loops in one test: what Hypothesis and the collector do in between counts, too
@a_share
@given(
    wanted=actions,
    seed=st.integers(min_value=0, max_value=2**32),
    steps=st.none() | st.integers(min_value=0, max_value=40),
    days=st.integers(min_value=0, max_value=60),
)
def test_why_says_shown_if_and_only_if_home_shows_it(
    wanted: list[Action], seed: int, steps: int | None, days: int
) -> None:
    asyncio.run(_check(wanted, Random(seed), steps, days))


async def _check(wanted: list[Action], random: Random, steps: int | None, days: int) -> None:
    history = History(wanted)
    with tempfile.TemporaryDirectory() as directory:
        feeds = projection(follower_threshold=1, back_fill=2)
        world = await World.build(Path(directory), feeds, random, history.end_ms)
        try:
            await world.append(history.happened)
            await world.run(steps)
            # Looked at from before the end, too: then some posts are from the future.
            await _compare(world, history, history.end_ms - DAY_MS * days // 2)
        finally:
            await world.close()


async def _compare(world: World, history: History, now_ms: int) -> None:
    timelines, facts = Timelines(world.views, world.opener), FactReader(world.views)
    for reader in history.accounts:
        shown = await _home(timelines, reader, now_ms)
        for post in history.posts:
            told = why(await facts.read(post.post, reader, now_ms))
            assert told.shown == (post.post in shown), told


async def _home(timelines: Timelines, reader: UUID, now_ms: int) -> set[UUID]:
    found, after = set[UUID](), None
    while True:
        page = await timelines.home(reader, now_ms, after, 50)
        found |= {card.id for card in page.cards}
        if page.after is None:
            return found
        after = page.after

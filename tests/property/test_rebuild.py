"""A rebuild beside processes that fold, fail, die and linger: once quiet, the new tables give every answer of the old.

It begins in the middle of a random history, is started anew as after a crash wherever it pleases, and goes on while
events are parked and redriven.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random

import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from libs.projections.generations import tables_of
from libs.projections.rebuilding import Ground, open_ground
from libs.projections.rebuilding.comparing import compare
from libs.projections.rebuilding.following import Follower
from libs.projections.rebuilding.swapping import catch_up
from services.feeds.handlers import projection
from tests.property.effort import a_share
from tests.property.histories import Action, History, actions
from tests.property.model import Model
from tests.property.test_spine import Comparison
from tests.property.world import World


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=sys.maxsize):
        yield


@pytest.mark.may_stall  # a hundred loops in one test: what Hypothesis and the collector do in between counts, too
@a_share
@given(wanted=actions, seed=st.integers(min_value=0, max_value=2**32), poison=st.booleans())
def test_after_a_rebuild_of_any_history_every_answer_equals_the_model(
    wanted: list[Action], seed: int, poison: bool
) -> None:
    asyncio.run(_check(wanted, Random(seed), poison))


async def _check(wanted: list[Action], random: Random, poison: bool) -> None:
    history, model = History(wanted), Model()
    feeds = projection(follower_threshold=1, back_fill=2)
    with tempfile.TemporaryDirectory() as directory:
        world = await World.build(Path(directory), feeds, random, history.end_ms)
        try:
            await world.append(history.happened)
            if poison:
                world.broken.update(happened.id for happened in random.choices(history.happened, k=3))
            # Its own handlers are sound: the bug is mended in the version that rebuilds.
            ground = await open_ground(feeds, world.log, world.views, world.vault)
            await world.views.migrate(tables_of(feeds, 1))
            await asyncio.gather(world.run(), _follow(ground, random))
            await world.repair()
            follower = _follower(ground)
            await catch_up(follower)
            compared = await compare(follower, random, partial(catch_up, follower))
            assert (compared.differences, compared.undecided) == ([], 0), compared
            for happened in history.happened:
                model.apply(happened.event)
            old, world.views = world.views, ground.at(1)
            try:
                await Comparison(world, history, model).everything()
            finally:
                world.views = old
        finally:
            await world.close()


async def _follow(ground: Ground, random: Random) -> None:
    """A few processes one after the other, each for a moment."""
    for _ in range(random.randrange(4)):
        follower = _follower(ground)
        for _ in range(random.randrange(3)):
            await catch_up(follower)
            for _ in range(random.randrange(40)):
                await asyncio.sleep(0)


def _follower(ground: Ground) -> Follower:
    return Follower(ground, leading=0, following=1, decisions={})

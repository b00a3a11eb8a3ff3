"""The heart: whatever fails, repeats, races or lingers, once quiet every answer is that of a plain model.

Random histories (facts repeated later, unfollow and re-follow, edits, deletes, likes twice, acts without the right)
folded by processes that die at any step of a flush, are unavailable, are replaced while they go on as zombies, and
whose handlers fail for some events until mended; with authors below and above the follower threshold.

Only facts are copied: a toggle's copy behind its opposite decides anew (docs/decisions/0002). Answers are compared once
all is quiet: what is answered in between rests on unit tests.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from libs.http.shapes import Card
from services.feeds.handlers import projection
from services.feeds.queries.profiles import Profiles
from services.feeds.queries.timelines import Timeline, Timelines
from tests.property.histories import TOPICS, Action, History, actions
from tests.property.model import Model
from tests.property.world import World

Read = Callable[[UUID | None, int], Awaitable[Timeline]]


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=sys.maxsize):
        yield


@pytest.mark.may_stall  # a hundred loops in one test: what Hypothesis and the collector do in between counts, too
@given(wanted=actions, seed=st.integers(min_value=0, max_value=2**32), poison=st.booleans())
def test_once_quiet_every_home_profile_and_count_equals_the_model(
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
            await world.run()
            await world.repair()
            for happened in history.happened:
                model.apply(happened.event)
            await Comparison(world, history, model).everything()
        finally:
            await world.close()


class Comparison:
    """Every answer beside the model's."""

    def __init__(self, world: World, history: History, model: Model) -> None:
        """Once the world is quiet."""
        self._world, self._history, self._model = world, history, model
        self._timelines = Timelines(world.views, world.opener)
        self._profiles = Profiles(world.views, world.opener)

    async def everything(self) -> None:
        """Raises AssertionError at the first difference."""
        for reader in self._history.accounts:
            await self._timelines_of(reader)
            profile = await self._profiles.profile(reader, None)
            assert profile is not None
            assert (profile.counts.followers, profile.counts.following) == self._model.follow_counts(reader)
        viewer = self._history.accounts[0]
        for root in [post.post for post in self._history.posts if post.reply_to is None]:
            thread = await self._all(partial(self._timelines.thread, root, viewer))
            assert _ids(thread) == self._model.thread(root, viewer)

    async def _timelines_of(self, reader: UUID) -> None:
        now, timelines, model = self._history.end_ms, self._timelines, self._model
        home = await self._all(partial(timelines.home, reader, now))
        assert _ids(home) == model.home(reader)
        for card in home:
            self._same_card(card, reader)
        assert _ids(await self._all(partial(timelines.saved, reader))) == model.saved(reader)
        for author in self._history.accounts:
            posts = await self._all(partial(timelines.profile, author, reader, now))
            assert _ids(posts) == model.profile(author, reader)
        for topic in TOPICS:
            under = await self._all(partial(timelines.topic, topic, reader, now))
            assert _ids(under) == model.topic(topic, reader)

    def _same_card(self, card: Card, reader: UUID) -> None:
        newest = self._model.posts[card.id].newest
        assert (card.text, card.topics) == (newest.text, newest.topics)
        assert (card.counts.likes, card.counts.saves, card.counts.replies) == self._model.counts(card.id)
        assert card.viewer.liked == ((reader, card.id) in self._model.likes)
        assert card.viewer.saved == ((reader, card.id) in self._model.saves)

    async def _all(self, read: Read) -> list[Card]:
        """Every page; a short one must be the last."""
        cards: list[Card] = []
        after: UUID | None = None
        while True:
            limit = self._world.random.randint(1, 7)
            page = await read(after, limit)
            cards += page.cards
            if page.after is None:
                return cards
            assert len(page.cards) == limit, "a page was cut short before the end"
            after = page.after


def _ids(cards: list[Card]) -> list[UUID]:
    return [card.id for card in cards]

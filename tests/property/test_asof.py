"""An answer as it was is what a whole replay until then answers, over random histories."""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import Opener
from libs.http.shapes import Card
from libs.views import Views
from qiao.asof.answers import NotThere, Questions
from qiao.asof.past import Past, open_past
from qiao.replay.opening import open_replay
from qiao.replay.until import UntilTime
from qiao.settings import Settings
from qiao.sources import NoKeys, Source
from services.feeds.calendar import DAY_MS
from services.feeds.queries.profiles import Profiles
from services.feeds.queries.timelines import Timelines
from tests.property.capturing import records_of, source_with
from tests.property.effort import a_share
from tests.property.histories import BEGIN_MS, DAYS, PEOPLE, Action, History, actions, people

SETTINGS = Settings(follower_threshold=1)
LIMIT = 5


@pytest.mark.may_stall  # many loops in one test: what Hypothesis does in between counts, too
@a_share
@given(actions, st.integers(BEGIN_MS, BEGIN_MS + (DAYS + 1) * DAY_MS), st.integers(0, PEOPLE - 1))
def test_home_profile_and_card_as_of_a_moment_are_what_a_whole_replay_says(
    wanted: Sequence[Action], ms: int, number: int
) -> None:
    async def check(directory: Path) -> None:
        history = History(wanted)
        async with source_with(directory / "log.db", records_of(history.happened)) as source:
            posts = [post.post for post in history.posts[-3:]]
            async with open_replay(SETTINGS, source, UntilTime("then", ms), directory / "whole") as replay:
                await replay.run(await replay.left())
                whole = Whole(replay.scratch.views, ms)
                asking = _asking(source, ms)
                handle, account = f"person{number}", people()[number]
                assert (await asking.home(handle)).cards == await whole.home(account)
                assert await _profile(asking, handle) == await whole.profile(account, people()[0])
                for post in posts:
                    assert await _card(asking, post) == await whole.card(post, people()[0])

    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(check(Path(directory)))


class Whole:
    """The answers of a replay of everything."""

    def __init__(self, views: Views, ms: int) -> None:
        self._timelines, self._ms = Timelines(views, Opener(NoKeys())), ms
        self._profiles = Profiles(views, Opener(NoKeys()))

    async def home(self, reader: UUID) -> Sequence[Card]:
        return (await self._timelines.home(reader, self._ms, None, LIMIT)).cards

    async def profile(self, author: UUID, viewer: UUID) -> tuple[Sequence[Card], object] | None:
        page = await self._timelines.profile(author, viewer, self._ms, None, LIMIT)
        profile = await self._profiles.profile(author, viewer)
        return (page.cards, profile) if profile is not None else None

    async def card(self, post: UUID, viewer: UUID) -> Card | None:
        return await self._timelines.post(post, viewer)


def _asking(source: Source, ms: int) -> Questions:
    def past() -> AbstractAsyncContextManager[Past]:
        return open_past(SETTINGS, source, ms, lambda _: None)

    return Questions(past, NoKeys(), ms, LIMIT)


async def _profile(asking: Questions, handle: str) -> tuple[Sequence[Card], object] | None:
    try:
        answer = await asking.profile(handle, "person0")
    except NotThere:
        return None
    return answer.cards, answer.profile


async def _card(asking: Questions, post: UUID) -> Card | None:
    try:
        return (await asking.card(post, "person0")).cards[0]
    except NotThere:
        return None

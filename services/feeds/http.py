"""The routes of feeds: which query answers which request."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from libs.events.topics import normalized_topic
from libs.http import Auth, Call, Input, Page, Paging, Problem, Route, route
from libs.http.paths import HandlePath, PostPath
from libs.http.shapes import Card
from services.feeds import explaining
from services.feeds.problems import ACCOUNT_UNKNOWN, POST_UNKNOWN
from services.feeds.queries.facts import FactReader
from services.feeds.queries.profiles import Profile, Profiles
from services.feeds.queries.timelines import Timeline, Timelines

WAITS_FOR = ("feeds",)

CardPage = Page[Card]


class After(msgspec.Struct, frozen=True):
    """What a cursor of a timeline holds: the id that the next page continues behind."""

    id: UUID


class TopicPath(Input, frozen=True):
    """Which topic, with or without the # around it."""

    topic: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class FeedRoutes:
    """Handlers over the queries."""

    def __init__(self, timelines: Timelines, profiles: Profiles) -> None:
        """The queries answer."""
        self._timelines, self._profiles = timelines, profiles

    async def home(self, call: Call[None, None, Paging]) -> CardPage:
        """The viewer's home."""
        return await _page(
            call, lambda after, limit: self._timelines.home(call.account, _now(call.received), after, limit)
        )

    async def saved(self, call: Call[None, None, Paging]) -> CardPage:
        """What the viewer saved."""
        return await _page(call, lambda after, limit: self._timelines.saved(call.account, after, limit))

    async def profile_posts(self, call: Call[None, HandlePath, Paging]) -> CardPage | Problem:
        """What an account wrote."""
        account = await self._profiles.account_of(call.path.handle)
        if account is None:
            return ACCOUNT_UNKNOWN()
        return await _page(
            call,
            lambda after, limit: self._timelines.profile(account, call.viewer, _now(call.received), after, limit),
        )

    async def topic_posts(self, call: Call[None, TopicPath, Paging]) -> CardPage:
        """What was said under a topic."""
        topic = normalized_topic(call.path.topic.strip("#＃"))
        return await _page(
            call, lambda after, limit: self._timelines.topic(topic, call.viewer, _now(call.received), after, limit)
        )

    async def thread(self, call: Call[None, PostPath, Paging]) -> CardPage | Problem:
        """The thread that a post belongs to."""
        root = await self._timelines.root_of(call.path.id)
        if root is None:
            return POST_UNKNOWN()
        return await _page(call, lambda after, limit: self._timelines.thread(root, call.viewer, after, limit))

    async def post(self, call: Call[None, PostPath]) -> Card | Problem:
        """One post."""
        return await self._timelines.post(call.path.id, call.viewer) or POST_UNKNOWN()

    async def profile(self, call: Call[None, HandlePath]) -> Profile | Problem:
        """Who someone is."""
        account = await self._profiles.account_of(call.path.handle)
        profile = await self._profiles.profile(account, call.viewer) if account else None
        return profile or ACCOUNT_UNKNOWN()


async def _page(call: Call[Any, Any, Paging], read: Callable[[UUID | None, int], Awaitable[Timeline]]) -> CardPage:
    after = call.cursors.open(call.query.cursor, After)
    timeline = await read(after.id if after else None, call.query.limit)
    cursor = call.cursors.sign(After(timeline.after)) if timeline.after else None
    return Page(items=timeline.cards, next_cursor=cursor)


def _now(received: datetime) -> int:
    return int(received.timestamp() * 1000)


def routes(timelines: Timelines, profiles: Profiles, facts: FactReader) -> Sequence[Route]:
    """Every route of feeds."""
    feeds = FeedRoutes(timelines, profiles)
    return (
        *explaining.routes(facts, WAITS_FOR),
        route(
            "GET",
            "/v1/home",
            feeds.home,
            query=Paging,
            returns=CardPage,
            waits_for=WAITS_FOR,
            summary="Your own posts and those of the people you follow",
            description="Newest first. A reply shows only where you follow both sides.",
            tag="timelines",
        ),
        route(
            "GET",
            "/v1/saved",
            feeds.saved,
            query=Paging,
            returns=CardPage,
            waits_for=WAITS_FOR,
            summary="What you saved, last saved first",
            tag="timelines",
        ),
        route(
            "GET",
            "/v1/accounts/{handle}/posts",
            feeds.profile_posts,
            path=HandlePath,
            query=Paging,
            returns=CardPage,
            auth=Auth.OPTIONAL,
            waits_for=WAITS_FOR,
            problems=(ACCOUNT_UNKNOWN,),
            summary="What someone wrote",
            tag="timelines",
        ),
        route(
            "GET",
            "/v1/topics/{topic}/posts",
            feeds.topic_posts,
            path=TopicPath,
            query=Paging,
            returns=CardPage,
            auth=Auth.OPTIONAL,
            waits_for=WAITS_FOR,
            summary="What was said under a topic",
            tag="timelines",
        ),
        route(
            "GET",
            "/v1/posts/{id}/thread",
            feeds.thread,
            path=PostPath,
            query=Paging,
            returns=CardPage,
            auth=Auth.OPTIONAL,
            waits_for=WAITS_FOR,
            problems=(POST_UNKNOWN,),
            summary="The thread that a post belongs to",
            description="Its first post, then every reply in the order of writing; deleted ones are left out. "
            "A deleted post is no way in: ask by a post that stands.",
            tag="posts",
        ),
        route(
            "GET",
            "/v1/posts/{id}",
            feeds.post,
            path=PostPath,
            returns=Card,
            auth=Auth.OPTIONAL,
            waits_for=WAITS_FOR,
            problems=(POST_UNKNOWN,),
            summary="One post",
            tag="posts",
        ),
        route(
            "GET",
            "/v1/accounts/{handle}",
            feeds.profile,
            path=HandlePath,
            returns=Profile,
            auth=Auth.OPTIONAL,
            waits_for=WAITS_FOR,
            problems=(ACCOUNT_UNKNOWN,),
            summary="Who someone is",
            description="Nobody, to whom they block.",
            tag="accounts",
        ),
    )

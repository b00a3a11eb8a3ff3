"""The routes of posts: which command answers which request."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated
from uuid import UUID

import msgspec

from libs.events import PostLiked, PostSaved, PostUnliked, PostUnsaved
from libs.http import Answer, Call, Done, Input, Problem, Route, route
from libs.http.inputs import Language
from libs.http.paths import PostPath
from libs.http.routes import Method
from libs.http.shapes import Card
from libs.log import Place
from services.posts.commands import PostCommands, Toggle
from services.posts.problems import (
    ACCOUNT_ERASED,
    ACCOUNT_NOT_READY,
    BLOCKED,
    CATCHING_UP,
    EDITED_TOO_OFTEN,
    PARENT_UNKNOWN,
    POST_NOT_YOURS,
    POST_UNKNOWN,
    TEXT_EMPTY,
)

Text = Annotated[
    str, msgspec.Meta(min_length=1, max_length=5_000, description="What to say; #topics and @handles count.")
]
Lang = Annotated[Language, msgspec.Meta(description="BCP 47; else the author's own.")]


class CreatePost(Input, frozen=True):
    """A post to be."""

    text: Text
    reply_to: UUID | None = None
    lang: Lang | None = None


class EditPost(Input, frozen=True):
    """A post written anew."""

    text: Text
    lang: Lang | None = None


Change = Callable[[Call[None, PostPath]], Awaitable[Done | Problem]]


class PostRoutes:
    """Handlers over the commands."""

    def __init__(self, commands: PostCommands) -> None:
        """`commands` decide."""
        self._commands = commands

    async def create(self, call: Call[CreatePost]) -> Answer[Card] | Problem:
        """Say something."""
        body = call.body
        done = await self._commands.create(call.new_id(), call.account, body.text, body.lang, body.reply_to, call.tries)
        return done if isinstance(done, Problem) else Answer(done.card, [done.place])

    async def edit(self, call: Call[EditPost, PostPath]) -> Done | Problem:
        """Write it anew."""
        return _written(await self._commands.edit(call.path.id, call.account, call.body.text, call.body.lang))

    async def delete(self, call: Call[None, PostPath]) -> Done | Problem:
        """Take it away."""
        return _written(await self._commands.delete(call.path.id, call.account))

    async def like(self, call: Call[None, PostPath]) -> Done | Problem:
        """Like it."""
        return await self._toggle(PostLiked, call)

    async def unlike(self, call: Call[None, PostPath]) -> Done | Problem:
        """Take the like back."""
        return await self._toggle(PostUnliked, call)

    async def save(self, call: Call[None, PostPath]) -> Done | Problem:
        """Save it."""
        return await self._toggle(PostSaved, call)

    async def unsave(self, call: Call[None, PostPath]) -> Done | Problem:
        """Take it off the saved ones."""
        return await self._toggle(PostUnsaved, call)

    async def _toggle(self, what: Toggle, call: Call[None, PostPath]) -> Done | Problem:
        return _written(await self._commands.toggle(what, call.path.id, call.account))


def _written(place: Place | Problem) -> Done | Problem:
    return place if isinstance(place, Problem) else Done([place])


def routes(commands: PostCommands) -> Sequence[Route]:
    """Every route of posts."""
    posts = PostRoutes(commands)
    changes = (POST_UNKNOWN, POST_NOT_YOURS, ACCOUNT_NOT_READY, ACCOUNT_ERASED, CATCHING_UP)
    return (
        route(
            "POST",
            "/v1/posts",
            posts.create,
            body=CreatePost,
            returns=Card,
            status=201,
            waits_for=("posts",),
            problems=(ACCOUNT_NOT_READY, ACCOUNT_ERASED, PARENT_UNKNOWN, BLOCKED, TEXT_EMPTY, CATCHING_UP),
            summary="Say something, or answer a post",
            tag="posts",
        ),
        route(
            "PATCH",
            "/v1/posts/{id}",
            posts.edit,
            body=EditPost,
            path=PostPath,
            returns=None,
            waits_for=("posts",),
            problems=(*changes, TEXT_EMPTY, EDITED_TOO_OFTEN),
            summary="Write your post anew",
            tag="posts",
        ),
        route(
            "DELETE",
            "/v1/posts/{id}",
            posts.delete,
            path=PostPath,
            returns=None,
            waits_for=("posts",),
            problems=changes,
            summary="Delete your post, for ever",
            tag="posts",
        ),
        *_toggles(posts),
    )


def _toggles(posts: PostRoutes) -> Sequence[Route]:
    changes: Sequence[tuple[Method, str, Change, str]] = (
        ("PUT", "like", posts.like, "Like a post"),
        ("DELETE", "like", posts.unlike, "Take a like back"),
        ("PUT", "save", posts.save, "Save a post for later"),
        ("DELETE", "save", posts.unsave, "Take a post off the saved ones"),
    )
    return tuple(
        route(
            method,
            f"/v1/posts/{{id}}/{what}",
            handler,
            path=PostPath,
            returns=None,
            waits_for=("posts",),
            problems=(POST_UNKNOWN, CATCHING_UP, *((BLOCKED,) if (method, what) == ("PUT", "like") else ())),
            summary=summary,
            tag="posts",
        )
        for method, what, handler, summary in changes
    )

"""Wire shapes that more than one service answers with."""

from datetime import datetime
from uuid import UUID

import msgspec


class AuthorView(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote a post, as shown beside it."""

    id: UUID
    handle: str
    display_name: str
    """Empty where the person was erased."""
    avatar: UUID | None = None


class ReplyView(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply answers."""

    post: UUID
    root: UUID


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many did what to a post."""

    likes: int = 0
    saves: int = 0
    replies: int = 0


class ViewerState(msgspec.Struct, frozen=True, kw_only=True):
    """What the viewer did to a post."""

    liked: bool = False
    saved: bool = False


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A post as it is shown."""

    id: UUID
    author: AuthorView
    text: str
    lang: str
    media: tuple[UUID, ...] = ()
    topics: tuple[str, ...] = ()
    reply_to: ReplyView | None = None
    created_at: datetime
    edited_at: datetime | None = None
    counts: Counts = Counts()
    viewer: ViewerState = ViewerState()

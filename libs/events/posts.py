"""Topic `posts`, keyed by post: what people say."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from libs.events.event import Event, Personal, event

TOPIC = "posts"

Audience = Literal["public", "followers"]
"""Who may read a post: everyone, or those who follow its author at the time of reading."""


class ReplyTo(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a reply answers: enough to place it without looking the parent up."""

    post: UUID
    """The parent: the post that is answered."""
    author: UUID
    """The parent's author."""
    root: UUID
    """The first post of the thread; the parent itself if that begins the thread."""


@event(topic=TOPIC, key="post", owner="author")
class PostCreated(Event, frozen=True, kw_only=True):
    """Someone said something."""

    post: UUID
    """The new post: a UUIDv7 of the moment of its writing, by which timelines order it."""
    author: UUID
    """Who wrote it."""
    text: Personal
    """What was written, as it was written: 1 to 5,000 characters."""
    lang: str
    """The language of the text, a BCP 47 tag; und where it could not be told."""
    audience: Audience = "public"
    """Who may read it: everyone, or those who follow the author at the time of reading. Nothing says the latter yet: it
    is parked, never folded."""
    reply_to: ReplyTo | None = None
    """What it answers; None for a post that begins a thread."""
    topics: tuple[str, ...] = ()
    """The topics that the text names, as `normalized_topic` writes them, each once, in the order of the text."""
    mentions: tuple[UUID, ...] = ()
    """The accounts that the text names, each once, in the order of the text."""
    media: tuple[UUID, ...] = ()
    """The photos (media ids), in the order shown."""


@event(topic=TOPIC, key="post", owner="author")
class PostEdited(Event, frozen=True, kw_only=True):
    """The author wrote it anew. The highest revision shows; the earlier ones stay readable."""

    post: UUID
    """The post that was edited."""
    author: UUID
    """Who wrote it: an edit by anyone else folds to nothing."""
    revision: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    """Which edit this is, from 1 to 2^31 - 1; the post as created is revision 0."""
    text: Personal
    """The whole text as it is from now on: 1 to 5,000 characters."""
    lang: str
    """The language of the text, a BCP 47 tag; und where it could not be told."""
    topics: tuple[str, ...] = ()
    """The topics that the new text names, as `normalized_topic` writes them, each once, in the order of the text."""
    mentions: tuple[UUID, ...] = ()
    """The accounts that the new text names, each once, in the order of the text."""


@event(topic=TOPIC, key="post")
class PostDeleted(Event, frozen=True, kw_only=True):
    """The author took the post away. Final."""

    post: UUID
    """The post that is gone."""
    author: UUID
    """Who wrote it: a deletion by anyone else folds to nothing."""
    reply_to: ReplyTo | None = None
    """What it answered, as in its PostCreated, so that the parent's replies can be counted without a lookup."""

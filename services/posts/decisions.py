"""What may be said and done, as pure functions: an intent and what the tables say -> an event or a refusal."""

from uuid import UUID

import msgspec

from libs.events import PostCreated, PostDeleted, PostEdited, ReplyTo
from libs.http.inputs import shows
from libs.http.problems import Problem, in_body
from services.posts import problems
from services.posts.queries import KnownPost
from services.posts.text import topics_in

MOST_EDITS = 100


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a retry must find again of a post: all of it that its request does not say itself, so never the text."""

    lang: str
    reply_to: ReplyTo | None
    topics: tuple[str, ...]
    mentions: tuple[UUID, ...]


def kept(event: PostCreated) -> bytes:
    """What to keep of a decision."""
    return _encode(Kept(lang=event.lang, reply_to=event.reply_to, topics=event.topics, mentions=event.mentions))


def created_again(decision: bytes, post: UUID, author: UUID, text: str) -> PostCreated:
    """The very event that an earlier try of the same request decided."""
    found = _decode(decision)
    return PostCreated(
        post=post,
        author=author,
        text=text,
        lang=found.lang,
        reply_to=found.reply_to,
        topics=found.topics,
        mentions=found.mentions,
    )


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Kept).decode


def create(
    post: UUID,
    author: UUID,
    text: str,
    lang: str,
    mentions: tuple[UUID, ...],
    parent: KnownPost | None,
    *,
    blocked: bool,
) -> PostCreated | Problem:
    """A new post; `blocked` tells whether the parent's author blocks this one."""
    if not shows(text):
        return _empty()
    if blocked:
        return problems.BLOCKED()
    reply_to = _answer_to(parent) if parent else None
    return PostCreated(
        post=post, author=author, text=text, lang=lang, reply_to=reply_to, topics=topics_in(text), mentions=mentions
    )


def edit(
    post: KnownPost | None, editor: UUID, text: str, lang: str, mentions: tuple[UUID, ...]
) -> PostEdited | Problem:
    """A further revision by the author."""
    if post is None:
        return problems.POST_UNKNOWN()
    if post.author != editor:
        return problems.POST_NOT_YOURS()
    if not shows(text):
        return _empty()
    if post.revision >= MOST_EDITS:
        return problems.EDITED_TOO_OFTEN("Write a new one.")
    return PostEdited(
        post=post.id,
        author=editor,
        revision=post.revision + 1,
        text=text,
        lang=lang,
        topics=topics_in(text),
        mentions=mentions,
    )


def delete(post: KnownPost | None, editor: UUID) -> PostDeleted | Problem:
    """The end of a post, by its author."""
    if post is None:
        return problems.POST_UNKNOWN()
    if post.author != editor:
        return problems.POST_NOT_YOURS()
    return PostDeleted(post=post.id, author=editor, reply_to=post.reply_to)


def _empty() -> Problem:
    return problems.TEXT_EMPTY("", in_body("/text", "white space alone is no text"))


def _answer_to(parent: KnownPost) -> ReplyTo:
    root = parent.reply_to.root if parent.reply_to else parent.id
    return ReplyTo(post=parent.id, author=parent.author, root=root)

"""Posts become cards, author timelines, topic timelines, threads and counts of replies."""

from collections.abc import Sequence
from uuid import UUID

from libs.events import Meta, PostCreated, PostDeleted, PostEdited, time_of
from libs.people import check_audience
from libs.people.authorship import CREATED, DELETED, Authorship, revision_facet
from libs.projections import Need, Out
from services.feeds.calendar import day_of
from services.feeds.tables import (
    AUTHOR,
    CARDS,
    REPLIES,
    THREADS,
    TOPIC,
    TOPIC_DAYS,
    CardFacet,
    Created,
    Deleted,
    Reply,
    Revision,
    ThreadPost,
    TimelinePost,
    TopicDay,
    TopicPost,
)

AUTHORSHIP = Authorship(CARDS, lambda card: card.body.author if isinstance(card.body, Created) else None)


def created_needs(event: PostCreated, meta: Meta) -> Sequence[Need]:
    """Only a reply counts something, hence only a reply reads whether it was counted."""
    return _facets(event.post) if event.reply_to else ()


def changed_needs(event: PostEdited | PostDeleted, meta: Meta) -> Sequence[Need]:
    """Whose post it is, and whether it is gone already."""
    return _facets(event.post)


def created(event: PostCreated, meta: Meta, out: Out) -> None:
    """A new card, in its author's timeline, under its topics, in its thread."""
    check_audience(event)
    reply = event.reply_to
    if reply:
        _count_reply(event, meta, out)
        out.put(THREADS, ThreadPost(reply.root, event.post))
    body = Created(
        author=event.author,
        text=event.text,
        lang=event.lang,
        topics=event.topics,
        media=event.media,
        reply_to=reply,
        at=time_of(event.post),
    )
    out.put(CARDS, CardFacet(event.post, CREATED, body))
    out.put(AUTHOR, TimelinePost(event.author, event.post, reply.author if reply else event.author))
    _file(event.post, event.author, event.topics, meta, out)


def edited(event: PostEdited, meta: Meta, out: Out) -> None:
    """A newer revision shows. Rows under topics that it dropped stay: the read asks the card."""
    if not AUTHORSHIP.allows(event, out):
        return
    body = Revision(
        number=event.revision,
        text=event.text,
        lang=event.lang,
        topics=event.topics,
        at=int(meta.envelope.time.timestamp() * 1000),
    )
    out.put(CARDS, CardFacet(event.post, revision_facet(event.revision), body))
    _file(event.post, event.author, event.topics, meta, out)


def deleted(event: PostDeleted, meta: Meta, out: Out) -> None:
    """The post shows nowhere from now on."""
    if not AUTHORSHIP.allows(event, out):
        return
    if event.reply_to:
        out.put(REPLIES, Reply(event.reply_to.post, meta.partition, event.post, on=False))
        if out.get(CARDS, event.post, DELETED) is None:
            out.add("replies", event.reply_to.post, -1)
    out.put(CARDS, CardFacet(event.post, DELETED, Deleted(at=int(meta.envelope.time.timestamp() * 1000))))


def _facets(post: UUID) -> Sequence[Need]:
    return (Need(CARDS, (post, CREATED)), Need(CARDS, (post, DELETED)))


def _count_reply(event: PostCreated, meta: Meta, out: Out) -> None:
    """A copy that comes after the deletion must not bring the reply back."""
    if event.reply_to is None or out.get(CARDS, event.post, DELETED) is not None:
        return
    out.put(REPLIES, Reply(event.reply_to.post, meta.partition, event.post, on=True))
    if out.get(CARDS, event.post, CREATED) is None:
        out.add("replies", event.reply_to.post, 1)


def _file(post: UUID, author: UUID, topics: Sequence[str], meta: Meta, out: Out) -> None:
    day = day_of(post)
    for topic in topics:
        out.put(TOPIC, TopicPost(topic, day, post, author))
        out.put(TOPIC_DAYS, TopicDay(topic, day, meta.partition))

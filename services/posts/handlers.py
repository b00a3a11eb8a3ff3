"""What posts remembers of each event, so that commands can decide."""

from collections.abc import Sequence
from uuid import UUID

from libs.events import Meta, PostCreated, PostDeleted, PostEdited
from libs.projections import Need, Out, Projection, folds
from services.posts.tables import BLOCKS, INTENTS, PEOPLE, POSTS, TABLES, Edited, Gone, PostFacet, Written

CREATED, DELETED = "created", "deleted"
_MOST_REVISIONS = 1_000_000


def _created(event: PostCreated, meta: Meta, out: Out) -> None:
    body = Written(author=event.author, reply_to=event.reply_to)
    out.put(POSTS, PostFacet(event.post, CREATED, body))


def _change_needs(event: PostEdited | PostDeleted, meta: Meta) -> Sequence[Need]:
    return (Need(POSTS, (event.post, CREATED)),)


def _edited(event: PostEdited, meta: Meta, out: Out) -> None:
    if _is_authors(event.post, event.author, out):
        facet = f"revision-{_MOST_REVISIONS - event.revision:06d}"
        out.put(POSTS, PostFacet(event.post, facet, Edited(number=event.revision)))


def _deleted(event: PostDeleted, meta: Meta, out: Out) -> None:
    if _is_authors(event.post, event.author, out):
        out.put(POSTS, PostFacet(event.post, DELETED, Gone()))


def _is_authors(post: UUID, author: UUID, out: Out) -> bool:
    row = out.get(POSTS, post, CREATED)
    allowed = row is not None and isinstance(row.body, Written) and row.body.author == author
    if not allowed:
        out.refuse("change by someone else")
    return allowed


def projection() -> Projection:
    """The projection `posts`."""
    return Projection(
        "posts",
        tables=TABLES,
        handlers=dict(
            [
                *PEOPLE.handlers,
                *BLOCKS.handlers,
                *INTENTS.handlers,
                folds(PostCreated, _created),
                folds(PostEdited, _edited, needs=_change_needs),
                folds(PostDeleted, _deleted, needs=_change_needs),
            ]
        ),
    )

"""What posts remembers of each event, so that commands can decide."""

from libs.events import Meta, PostCreated, PostDeleted, PostEdited
from libs.people import check_audience
from libs.people.authorship import CREATED, DELETED, Authorship, revision_facet
from libs.projections import Out, Projection, folds
from services.posts.tables import BLOCKS, INTENTS, PEOPLE, POSTS, TABLES, Edited, Gone, PostFacet, Written

AUTHORSHIP = Authorship(POSTS, lambda row: row.body.author if isinstance(row.body, Written) else None)


def _created(event: PostCreated, meta: Meta, out: Out) -> None:
    check_audience(event)
    body = Written(author=event.author, reply_to=event.reply_to)
    out.put(POSTS, PostFacet(event.post, CREATED, body))


def _edited(event: PostEdited, meta: Meta, out: Out) -> None:
    if AUTHORSHIP.allows(event, out):
        out.put(POSTS, PostFacet(event.post, revision_facet(event.revision), Edited(number=event.revision)))


def _deleted(event: PostDeleted, meta: Meta, out: Out) -> None:
    if AUTHORSHIP.allows(event, out):
        out.put(POSTS, PostFacet(event.post, DELETED, Gone()))


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
                folds(PostEdited, _edited, needs=AUTHORSHIP.needs),
                folds(PostDeleted, _deleted, needs=AUTHORSHIP.needs),
            ]
        ),
    )

"""Cards: what a post looks like now: its facets, its author, its tallies and the viewer's reactions together."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from libs.events import Opener
from libs.http.shapes import AuthorView, Card, Counts, ReplyView, ViewerState
from libs.people import Person
from libs.projections import Tally, total
from libs.views import Reads
from services.feeds.handlers.reactions import LIKE, SAVE
from services.feeds.tables import CARDS, PEOPLE, REACTIONS_BY, TALLIES, CardFacet, Created, Deleted, Revision

FACETS = 3
"""Created, deleted, and the newest revision: in this order, see the table."""

TALLY_ROWS = 300
"""Three kinds from up to 100 source partitions."""


class Post(NamedTuple):
    """The facets of a post that still shows."""

    id: UUID
    created: Created
    revision: Revision | None

    @property
    def text(self) -> str:
        """The newest text, sealed."""
        return self.revision.text if self.revision else self.created.text

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of the newest text."""
        return self.revision.topics if self.revision else self.created.topics


async def posts_of(reads: Reads, ids: Sequence[UUID]) -> dict[UUID, Post]:
    """The posts among these that still show."""
    found = await reads.scan_many(CARDS, [(post,) for post in ids], limit=FACETS)
    return {post.id: post for facets in found if (post := _post(facets)) is not None}


def _post(facets: Sequence[CardFacet]) -> Post | None:
    created: Created | None = None
    revision: Revision | None = None
    for facet in facets:
        match facet.body:
            case Created() as created:
                pass
            case Revision() as found:
                # The newest sorts first.
                revision = revision or found
            case Deleted():
                return None
    return Post(facets[0].post, created, revision) if created is not None else None


class CardReader:
    """Puts cards together for a viewer."""

    def __init__(self, reads: Reads, opener: Opener) -> None:
        """`opener` opens what people wrote."""
        self._reads, self._opener = reads, opener

    async def cards(self, posts: Sequence[Post], viewer: UUID | None) -> list[Card]:
        """The cards, in the order of the posts. A post whose author was never seen is left out."""
        if not posts:
            return []
        ids = [post.id for post in posts]
        people, tallies, reactions = await asyncio.gather(
            PEOPLE.people(self._reads, (post.created.author for post in posts)),
            self._reads.scan_many(TALLIES, [(post,) for post in ids], limit=TALLY_ROWS),
            self._reactions(ids, viewer),
        )
        known = [index for index, post in enumerate(posts) if post.created.author in people]
        texts = await self._open([posts[index].text for index in known], people)
        return [
            _card(posts[index], people[posts[index].created.author], texts, tallies[index], reactions)
            for index in known
        ]

    async def _reactions(self, ids: Sequence[UUID], viewer: UUID | None) -> set[tuple[str, UUID]]:
        if viewer is None:
            return set()
        keys = [(viewer, kind, post) for kind in (LIKE, SAVE) for post in ids]
        rows = await self._reads.get_many(REACTIONS_BY, keys)
        return {(row.kind, row.post) for row in rows if row is not None and row.on}

    async def _open(self, texts: Sequence[str], people: Mapping[UUID, Person]) -> Mapping[str, str]:
        """Token -> what it says; nothing where the person was erased."""
        tokens = list(dict.fromkeys([*texts, *(person.display_name for person in people.values())]))
        opened = await self._opener.open_many(tokens)
        return {token: text or "" for token, text in zip(tokens, opened, strict=True)}


def _card(
    post: Post, author: Person, opened: Mapping[str, str], tallies: list[Tally], reactions: set[tuple[str, UUID]]
) -> Card:
    created, revision = post.created, post.revision
    reply = created.reply_to
    return Card(
        id=post.id,
        author=AuthorView(
            id=author.account,
            handle=author.handle,
            display_name=opened[author.display_name],
            avatar=author.avatar,
        ),
        text=opened[post.text],
        lang=revision.lang if revision else created.lang,
        media=created.media,
        topics=post.topics,
        reply_to=ReplyView(post=reply.post, root=reply.root) if reply else None,
        created_at=_instant(created.at),
        edited_at=_instant(revision.at) if revision else None,
        counts=Counts(likes=total(tallies, "likes"), saves=total(tallies, "saves"), replies=total(tallies, "replies")),
        viewer=ViewerState(liked=(LIKE, post.id) in reactions, saved=(SAVE, post.id) in reactions),
    )


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)

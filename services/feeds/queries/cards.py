"""Cards: what a post looks like now: its facets, its author, its tallies and the viewer's reactions together."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from libs.events import Opener
from libs.http.shapes import AuthorView, Card, Counts, ReplyView, ViewerState
from libs.people import Person
from libs.projections import Tally, total
from libs.views import Reads
from services.feeds.handlers.reactions import LIKE, SAVE
from services.feeds.queries.circle import blockers_among
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


@dataclass
class Look:
    """What was read about some posts: enough to filter them and to show them."""

    posts: dict[UUID, Post] = field(default_factory=dict)
    """Those that still show."""
    tallies: dict[UUID, list[Tally]] = field(default_factory=dict)
    reactions: set[tuple[str, UUID]] = field(default_factory=set)
    people: dict[UUID, Person] = field(default_factory=dict)
    blockers: set[UUID] = field(default_factory=set)
    """Authors among them who block the viewer."""


class CardReader:
    """Reads what a viewer may see of posts, and puts cards together."""

    def __init__(self, reads: Reads, opener: Opener) -> None:
        """`opener` opens what people wrote."""
        self._reads, self._opener = reads, opener

    async def look(self, look: Look, ids: Sequence[UUID], authors: Collection[UUID], viewer: UUID | None) -> None:
        """Add to `look` all that there is about these posts, in one round where their authors are known before."""
        found, tallies, reactions, _ = await asyncio.gather(
            self._reads.scan_many(CARDS, [(post,) for post in ids], limit=FACETS),
            self._reads.scan_many(TALLIES, [(post,) for post in ids], limit=TALLY_ROWS),
            self._reactions(ids, viewer),
            self._look_at(look, authors, viewer),
        )
        posts = {post.id: post for facets in found if (post := _post(facets)) is not None}
        look.posts.update(posts)
        look.tallies.update(zip(ids, tallies, strict=True))
        look.reactions |= reactions
        strangers = {post.created.author for post in posts.values()}.difference(authors, look.people)
        if strangers:
            await self._look_at(look, strangers, viewer)

    async def cards(self, posts: Sequence[Post], look: Look) -> list[Card]:
        """The cards of posts that were looked at, whose authors are known; in their order."""
        opened = await self._open(posts, look.people)
        return [_card(post, look, opened) for post in posts]

    async def _look_at(self, look: Look, authors: Collection[UUID], viewer: UUID | None) -> None:
        people, blockers = await asyncio.gather(
            PEOPLE.people(self._reads, authors), blockers_among(self._reads, viewer, authors)
        )
        look.people.update(people)
        look.blockers |= blockers

    async def _reactions(self, ids: Sequence[UUID], viewer: UUID | None) -> set[tuple[str, UUID]]:
        if viewer is None:
            return set()
        keys = [(viewer, kind, post) for kind in (LIKE, SAVE) for post in ids]
        rows = await self._reads.get_many(REACTIONS_BY, keys)
        return {(row.kind, row.post) for row in rows if row is not None and row.on}

    async def _open(self, posts: Sequence[Post], people: Mapping[UUID, Person]) -> Mapping[str, str]:
        """Token -> what it says; nothing where the person was erased."""
        names = (people[post.created.author].display_name for post in posts)
        tokens = list(dict.fromkeys([*(post.text for post in posts), *names]))
        opened = await self._opener.open_many(tokens)
        return {token: text or "" for token, text in zip(tokens, opened, strict=True)}


def _card(post: Post, look: Look, opened: Mapping[str, str]) -> Card:
    author, tallies = look.people[post.created.author], look.tallies[post.id]
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
        viewer=ViewerState(liked=(LIKE, post.id) in look.reactions, saved=(SAVE, post.id) in look.reactions),
    )


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)

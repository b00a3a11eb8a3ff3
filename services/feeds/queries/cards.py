"""Cards: what a post looks like now: its facets, its author, its tallies and the viewer's reactions together."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from libs.events import Opener
from libs.http.shapes import AuthorView, Card, Counts, ReplyView, ViewerState
from libs.people import Person
from libs.people.authorship import FACETS
from libs.projections import Tally, total
from libs.views import Reads
from services.feeds.handlers.reactions import LIKE, SAVE
from services.feeds.queries.circle import Viewer, hidden_among
from services.feeds.tables import CARDS, PEOPLE, REACTIONS_BY, TALLIES, CardFacet, Created, Deleted, Revision

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


def standing(facets: Sequence[CardFacet]) -> Post | None:
    """The post of these facets; None if it was deleted or never seen."""
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


class Seen(NamedTuple):
    """A post with all that its card shows."""

    post: Post
    author: Person
    tallies: list[Tally]
    viewer: ViewerState


@dataclass(frozen=True)
class Look:
    """What was read about some posts, once: enough to filter them and to show them."""

    posts: Mapping[UUID, Post]
    """Those that still stand."""
    tallies: Mapping[UUID, list[Tally]]
    reactions: Collection[tuple[str, UUID]]
    people: Mapping[UUID, Person]
    hidden: Collection[UUID]
    """Authors among them whom the reader does not see."""

    def seen(self, id_: UUID) -> Seen | None:
        """A post that stands and whose author is known."""
        post = self.posts.get(id_)
        author = self.people.get(post.created.author) if post else None
        if post is None or author is None:
            return None
        viewer = ViewerState(liked=(LIKE, id_) in self.reactions, saved=(SAVE, id_) in self.reactions)
        return Seen(post, author, self.tallies[id_], viewer)


class CardReader:
    """Reads what a viewer may see of posts, and puts cards together."""

    def __init__(self, reads: Reads, opener: Opener) -> None:
        """`opener` opens what people wrote."""
        self._reads, self._opener = reads, opener

    async def look(self, ids: Sequence[UUID], authors: Collection[UUID], viewer: Viewer) -> Look:
        """All that there is about these posts, in one round where their authors are known before."""
        found, tallies, reactions, (people, hidden) = await asyncio.gather(
            self._reads.scan_many(CARDS, [(post,) for post in ids], limit=FACETS),
            self._reads.scan_many(TALLIES, [(post,) for post in ids], limit=TALLY_ROWS),
            self._reactions(ids, viewer.account),
            self._look_at(authors, viewer),
        )
        posts = {post.id: post for facets in found if (post := standing(facets)) is not None}
        strangers = {post.created.author for post in posts.values()}.difference(authors)
        if strangers:
            others, more_hidden = await self._look_at(strangers, viewer)
            people, hidden = people | others, hidden | more_hidden
        return Look(posts, dict(zip(ids, tallies, strict=True)), reactions, people, hidden)

    async def post(self, id_: UUID) -> Post | None:
        """Just the post, whoever asks; None if it was deleted or never seen."""
        return standing(await self._reads.scan(CARDS, (id_,), limit=FACETS))

    async def cards(self, shown: Sequence[Seen]) -> list[Card]:
        """The cards of these posts, in their order."""
        opened = await self._open(shown)
        return [_card(seen, opened) for seen in shown]

    async def _look_at(self, authors: Collection[UUID], viewer: Viewer) -> tuple[dict[UUID, Person], set[UUID]]:
        return await asyncio.gather(PEOPLE.people(self._reads, authors), hidden_among(self._reads, viewer, authors))

    async def _reactions(self, ids: Sequence[UUID], viewer: UUID | None) -> set[tuple[str, UUID]]:
        if viewer is None:
            return set()
        keys = [(viewer, kind, post) for kind in (LIKE, SAVE) for post in ids]
        rows = await self._reads.get_many(REACTIONS_BY, keys)
        return {(row.kind, row.post) for row in rows if row is not None and row.on}

    async def _open(self, shown: Sequence[Seen]) -> Mapping[str, str]:
        """Token -> what it says; nothing where the person was erased."""
        names = (seen.author.display_name for seen in shown)
        tokens = list(dict.fromkeys([*(seen.post.text for seen in shown), *names]))
        opened = await self._opener.open_many(tokens)
        return {token: text or "" for token, text in zip(tokens, opened, strict=True)}


def _card(seen: Seen, opened: Mapping[str, str]) -> Card:
    post, author, tallies = seen.post, seen.author, seen.tallies
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
        viewer=seen.viewer,
    )


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)

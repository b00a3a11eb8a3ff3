"""A projection as small as can be that has everything: rows, tallies, emitted events, a second phase, finish rows."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from libs.events import Meta, PostCreated, PostDeleted, PostEdited, PostLiked, PostUnliked
from libs.projections import Need, Out, Projection, Second, folds, tally_table
from libs.views import Reads, Table, TableKind, asc


class Like(msgspec.Struct, frozen=True):
    """Whether an account likes a post."""

    account: UUID
    post: UUID
    on: bool


class LikeOn(msgspec.Struct, frozen=True):
    """The same seen from the post: the membership behind the tally."""

    post: UUID
    source: int
    account: UUID
    on: bool


class Post(msgspec.Struct, frozen=True):
    """A post that was seen."""

    post: UUID
    text: str


class Pushed(msgspec.Struct, frozen=True):
    """A post in the author's home: a row of a crossing table."""

    reader: UUID
    post: UUID
    text: str = ""


class Covered(msgspec.Struct, frozen=True):
    """Written when all pushed rows are durable."""

    reader: UUID
    post: UUID


LIKES = Table("toy.likes", Like, partition=("account",), clustering=(asc("post"),))
LIKES_ON = Table("toy.likes_on", LikeOn, partition=("post",), clustering=(asc("source"), asc("account")))
POSTS = Table("toy.posts", Post, partition=("post",))
PUSHED = Table("toy.pushed", Pushed, partition=("reader",), clustering=(asc("post"),), kind=TableKind.CROSSING)
COVERED = Table("toy.covered", Covered, partition=("reader",), clustering=(asc("post"),), kind=TableKind.CROSSING)
TALLIES = tally_table("toy.tallies")
TABLES = (LIKES, LIKES_ON, POSTS, PUSHED, COVERED, TALLIES)


class Toy:
    """The projection, and what is wrong with it at the moment."""

    def __init__(self) -> None:
        """All is well."""
        self.broken: set[UUID] = set()
        """Accounts and posts whose events make the first phase raise."""
        self.broken_after: set[UUID] = set()
        """Posts whose events make the second phase raise."""
        self.projection = Projection(
            "toy",
            tables=TABLES,
            tallies=TALLIES,
            recounts={"likes": _count_likes},
            handlers=dict(
                [
                    folds(PostLiked, self._liked, needs=_like_needs),
                    folds(PostUnliked, self._unliked, needs=_like_needs),
                    folds(PostCreated, self._created, after=self._push),
                    folds(PostDeleted, _deleted),
                ]
            ),
        )

    def _liked(self, event: PostLiked, meta: Meta, out: Out) -> None:
        self._toggle(event.account, event.post, True, meta, out)

    def _unliked(self, event: PostUnliked, meta: Meta, out: Out) -> None:
        self._toggle(event.account, event.post, False, meta, out)

    def _toggle(self, account: UUID, post: UUID, on: bool, meta: Meta, out: Out) -> None:
        before = out.get(LIKES, account, post)
        out.put(LIKES, Like(account, post, on))
        out.put(LIKES_ON, LikeOn(post, meta.partition, account, on))
        if on != (before is not None and before.on):
            out.add("likes", post, 1 if on else -1)
        self._fail_if(account in self.broken)

    def _created(self, event: PostCreated, meta: Meta, out: Out) -> None:
        """Everything is handed over before it fails: nothing of it may be seen then."""
        out.put(POSTS, Post(event.post, event.text))
        for revision in (1, 2):
            out.emit(PostEdited(post=event.post, author=event.author, revision=revision, text="echo", lang="en"))
        self._fail_if(event.post in self.broken)

    async def _push(self, event: PostCreated, meta: Meta, second: Second) -> None:
        await second.finish(COVERED, [Covered(event.author, event.post)])
        await second.put(PUSHED, [Pushed(event.author, event.post)])
        self._fail_if(event.post in self.broken_after)

    def _fail_if(self, broken: bool) -> None:
        if broken:
            raise RuntimeError("a bug")


def _like_needs(event: PostLiked | PostUnliked, meta: Meta) -> Sequence[Need]:
    return (Need(LIKES, (event.account, event.post)),)


def _deleted(event: PostDeleted, meta: Meta, out: Out) -> None:
    out.refuse("deletion by someone else")


async def _count_likes(reads: Reads, post: UUID, source: int) -> int:
    return sum(row.on for row in await reads.scan(LIKES_ON, (post,), prefix=(source,), limit=1_000))

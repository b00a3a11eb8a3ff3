"""What Qiao promises, as plainly as it can be said: dicts and sorted lists, no partitions, no crashes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from libs.events import (
    AccountBlocked,
    AccountFollowed,
    AccountMuted,
    AccountUnblocked,
    AccountUnfollowed,
    AccountUnmuted,
    Event,
    PostCreated,
    PostDeleted,
    PostEdited,
    PostLiked,
    PostSaved,
    PostUnliked,
    PostUnsaved,
)

Pair = tuple[UUID, UUID]


@dataclass
class Written:
    """A post with its text and topics by revision."""

    event: PostCreated
    revisions: dict[int, PostEdited] = field(default_factory=dict)
    deleted: bool = False

    @property
    def newest(self) -> PostCreated | PostEdited:
        """What shows."""
        return self.revisions[max(self.revisions)] if self.revisions else self.event


@dataclass
class Model:
    """The state after a history. Toggles in the order of the log, facts once."""

    posts: dict[UUID, Written] = field(default_factory=dict)
    follows: set[Pair] = field(default_factory=set)
    blocks: set[Pair] = field(default_factory=set)
    mutes: set[Pair] = field(default_factory=set)
    likes: set[Pair] = field(default_factory=set)
    saves: dict[Pair, int] = field(default_factory=dict)
    steps: int = 0

    def apply(self, event: Event) -> None:
        """Let the event have happened."""
        self.steps += 1
        match event:
            case PostCreated():
                self.posts.setdefault(event.post, Written(event))
            case PostEdited() if self._is_authors(event.post, event.author):
                self.posts[event.post].revisions[event.revision] = event
            case PostDeleted() if self._is_authors(event.post, event.author):
                self.posts[event.post].deleted = True
            case PostLiked():
                self.likes.add((event.account, event.post))
            case PostUnliked():
                self.likes.discard((event.account, event.post))
            case PostSaved():
                self.saves.setdefault((event.account, event.post), self.steps)
            case PostUnsaved():
                self.saves.pop((event.account, event.post), None)
            case _:
                self._relate(event)

    def _relate(self, event: Event) -> None:
        for begins, ends, pairs in (
            (AccountFollowed, AccountUnfollowed, self.follows),
            (AccountBlocked, AccountUnblocked, self.blocks),
            (AccountMuted, AccountUnmuted, self.mutes),
        ):
            if isinstance(event, begins):
                pairs.add((event.account, event.target))
            elif isinstance(event, ends):
                pairs.discard((event.account, event.target))

    def home(self, reader: UUID) -> list[UUID]:
        """One's own posts and those of the followed; a reply only where the reader follows both sides."""
        shown = {reader} | {target for account, target in self.follows if account == reader}
        shown -= self._hidden(reader)
        return [
            post.event.post
            for post in self._newest_first(self.posts.values())
            if post.event.author in shown and (post.event.reply_to is None or post.event.reply_to.author in shown)
        ]

    def profile(self, author: UUID, viewer: UUID) -> list[UUID]:
        """What an account wrote, to whoever is not on either side of a block."""
        if author in self._barred(viewer):
            return []
        return [post.event.post for post in self._newest_first(self.posts.values()) if post.event.author == author]

    def topic(self, topic: str, viewer: UUID) -> list[UUID]:
        """What names the topic now."""
        hidden = self._hidden(viewer)
        return [
            post.event.post
            for post in self._newest_first(self.posts.values())
            if topic in post.newest.topics and post.event.author not in hidden
        ]

    def saved(self, viewer: UUID) -> list[UUID]:
        """Last saved first."""
        mine = sorted(((step, post) for (account, post), step in self.saves.items() if account == viewer), reverse=True)
        hidden = self._hidden(viewer)
        return [
            post
            for _, post in mine
            if post in self.posts and not self.posts[post].deleted and self.posts[post].event.author not in hidden
        ]

    def thread(self, root: UUID, viewer: UUID) -> list[UUID]:
        """The root, then every reply in the order of writing."""
        hidden = self._hidden(viewer)
        members = [
            post
            for post in self.posts.values()
            if post.event.post == root or (post.event.reply_to and post.event.reply_to.root == root)
        ]
        members.sort(key=lambda post: (post.event.post != root, post.event.post))
        return [post.event.post for post in members if not post.deleted and post.event.author not in hidden]

    def counts(self, post: UUID) -> tuple[int, int, int]:
        """Likes, saves, replies."""
        likes = sum(1 for _, liked in self.likes if liked == post)
        saves = sum(1 for _, saved in self.saves if saved == post)
        replies = sum(
            1
            for reply in self.posts.values()
            if not reply.deleted and reply.event.reply_to and reply.event.reply_to.post == post
        )
        return likes, saves, replies

    def follow_counts(self, account: UUID) -> tuple[int, int]:
        """Followers, following."""
        return (
            sum(1 for _, target in self.follows if target == account),
            sum(1 for follower, _ in self.follows if follower == account),
        )

    def _is_authors(self, post: UUID, author: UUID) -> bool:
        return post in self.posts and self.posts[post].event.author == author

    def _barred(self, viewer: UUID) -> set[UUID]:
        return {b for a, b in self.blocks if a == viewer} | {a for a, b in self.blocks if b == viewer}

    def _hidden(self, viewer: UUID) -> set[UUID]:
        return self._barred(viewer) | {muted for account, muted in self.mutes if account == viewer}

    def _newest_first(self, posts: Iterable[Written]) -> Sequence[Written]:
        standing = (post for post in posts if not post.deleted)
        return sorted(standing, key=lambda post: post.event.post, reverse=True)

"""Random histories: what four people may do to each other in forty days, with copies of facts at any distance."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from hypothesis import strategies as st

from libs.events import (
    AccountBlocked,
    AccountFollowed,
    AccountMuted,
    AccountRegistered,
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
    ReplyTo,
    lowest_at,
)
from services.feeds.calendar import DAY_MS

BEGIN_MS = 1_736_640_000_000
DAYS = 40
PEOPLE = 4
TOPICS = ("food", "猫税")

PAIRS = {
    "follow": AccountFollowed,
    "unfollow": AccountUnfollowed,
    "block": AccountBlocked,
    "unblock": AccountUnblocked,
    "mute": AccountMuted,
    "unmute": AccountUnmuted,
}
REACTIONS = {"like": PostLiked, "unlike": PostUnliked, "save": PostSaved, "unsave": PostUnsaved}

# What happens often is listed often.
KINDS = (
    ["post"] * 6
    + ["reply"] * 3
    + ["follow"] * 5
    + ["unfollow"] * 2
    + ["again"] * 2
    + ["edit", "edit", "edit by another", "delete", "delete by another"]
    + ["block", "unblock", "mute", "unmute"]
    + ["like", "like", "unlike", "save", "save", "unsave"]
)


class Action(NamedTuple):
    """Someone does something to someone or something; the numbers are taken modulo what there is."""

    kind: str
    who: int
    what: int


class Happened(NamedTuple):
    """An event as it goes into the log."""

    id: UUID
    at: datetime
    event: Event


numbers = st.integers(min_value=0, max_value=999)
action = st.builds(Action, st.sampled_from(KINDS), numbers, numbers)
# Hypothesis prefers short lists, and most troubles need a story to go wrong in.
actions = st.one_of(st.lists(action, min_size=40, max_size=80), st.lists(action, min_size=1, max_size=10))


def id_at(ms: int, number: int) -> UUID:
    """A UUIDv7 of that moment, different for every number."""
    return UUID(int=lowest_at(ms).int | number)


def people() -> list[UUID]:
    """Everyone, registered before the history begins."""
    return [id_at(BEGIN_MS - DAY_MS, number + 1) for number in range(PEOPLE)]


class History:
    """Turns actions into events that could have been accepted, and some that should not have been."""

    def __init__(self, wanted: Sequence[Action]) -> None:
        """The whole history, in the order of the log."""
        self.accounts = people()
        self.posts: list[PostCreated] = []
        self._revisions: dict[UUID, int] = {}
        self.happened: list[Happened] = []
        self._facts: list[Happened] = []
        for number, account in enumerate(self.accounts):
            registered = AccountRegistered(
                account=account, handle=f"person{number}", display_name=f"人 {number}", reads=("en", "zh"), writes="en"
            )
            self._note(BEGIN_MS - DAY_MS + number, registered)
        for number, action in enumerate(wanted):
            self._act(action, BEGIN_MS + number * DAYS * DAY_MS // len(wanted))

    @property
    def end_ms(self) -> int:
        """After everything."""
        return BEGIN_MS + (DAYS + 1) * DAY_MS

    def _act(self, action: Action, ms: int) -> None:
        who = self.accounts[action.who % PEOPLE]
        if action.kind == "again":
            self.happened.append(self._facts[action.what % len(self._facts)])
        elif action.kind in PAIRS:
            target = self.accounts[action.what % PEOPLE]
            if target != who:
                self._note(ms, PAIRS[action.kind](account=who, target=target))
        elif action.kind == "post" or not self.posts:
            self._post(who, ms, action.what, None)
        else:
            self._act_on(action.kind, who, self.posts[-1 - action.what % len(self.posts)], ms, action.what)

    def _act_on(self, kind: str, who: UUID, post: PostCreated, ms: int, number: int) -> None:
        actor = who if kind.endswith("by another") else post.author
        if kind in REACTIONS:
            self._note(ms, REACTIONS[kind](account=who, post=post.post))
        elif kind == "reply":
            root = post.reply_to.root if post.reply_to else post.post
            self._post(who, ms, number, ReplyTo(post=post.post, author=post.author, root=root))
        elif kind.startswith("edit"):
            revision = self._revisions[post.post] = self._revisions.get(post.post, 0) + number % 2 or 1
            edited = PostEdited(
                post=post.post, author=actor, revision=revision, text=f"新 {ms}", lang="zh", topics=_topics(number)
            )
            self._note(ms, edited)
        else:
            self._note(ms, PostDeleted(post=post.post, author=actor, reply_to=post.reply_to))

    def _post(self, who: UUID, ms: int, number: int, reply_to: ReplyTo | None) -> None:
        created = PostCreated(
            post=id_at(ms, len(self.posts)),
            author=who,
            text=f"post {number}",
            lang="en",
            reply_to=reply_to,
            topics=_topics(number),
        )
        self.posts.append(created)
        self._note(ms, created)

    def _note(self, ms: int, event: Event) -> None:
        happened = Happened(id_at(ms, 1_000 + len(self.happened)), datetime.fromtimestamp(ms / 1000, UTC), event)
        self.happened.append(happened)
        if isinstance(event, AccountRegistered | PostCreated | PostEdited | PostDeleted):
            self._facts.append(happened)


def _topics(number: int) -> tuple[str, ...]:
    return tuple(topic for index, topic in enumerate(TOPICS) if number >> index & 1)

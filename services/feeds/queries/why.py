"""Why a post is, or is not, in a home: each rule in turn. Pure; `timelines.home` is what it must agree with."""

from typing import Literal, NamedTuple
from uuid import UUID

from libs.events import lowest_at, time_of
from libs.events.ids import is_v7
from services.feeds.queries.circle import horizon_at
from services.feeds.queries.facts import TOPIC_OF_POSTS, TOPIC_OF_RELATIONS, Facts, Side
from services.feeds.queries.merge import ABOVE_ALL
from services.feeds.queries.timelines import newest
from services.feeds.tables import Relation

Rule = Literal[
    "position", "state", "author", "follow", "mute", "block", "blocked", "audience", "reply", "time", "way"
]  # fmt: skip


class Evidence(NamedTuple):
    """An event that decided: where in the log to look for it."""

    type: str
    topic: str
    key: UUID
    """The key that it is filed under: the post, or the account that acted."""
    at_ms: int
    """When it was made, in milliseconds since 1970 UTC, by its id."""
    event: UUID | None = None
    """Its id; None where the tables do not keep it."""
    exact: bool = False
    """`at_ms` is when it was decided, to the millisecond: without an id, that is what it is known by."""


class Ruling(NamedTuple):
    """What one rule says. `reason` is stable: texts are by (rule, reason)."""

    rule: Rule
    passes: bool
    reason: str
    evidence: tuple[Evidence, ...] = ()


class Why(NamedTuple):
    """Shown where every rule passes. Rules that have nothing to go by, because the post is not there, are left out."""

    post: UUID
    reader: UUID
    rulings: tuple[Ruling, ...]

    @property
    def shown(self) -> bool:
        """Whether home shows it."""
        return all(ruling.passes for ruling in self.rulings)


def why(facts: Facts) -> Why:
    """Every rule in the order in which they are explained."""
    rulings = [_position(facts), _state(facts)]
    author = facts.author
    if author is not None:
        own = author.account == facts.reader
        rulings += [
            _author(facts),
            *(_own() if own else _between(facts.post, author)),
            _reply(facts),
            _time(facts),
            _way(facts),
        ]
    return Why(facts.post, facts.reader, tuple(rulings))


def _position(facts: Facts) -> Ruling:
    """Never hides by itself: what has not arrived has no card, no follow, or no row."""
    position = facts.position
    if position is None:
        return Ruling("position", True, "not asked")
    if position.parked:
        return Ruling("position", facts.created is not None, "parked", _creation(facts))
    if not position.posts_folded:
        return Ruling("position", facts.created is not None, "post behind", _creation(facts))
    if position.relations_parked:
        return Ruling("position", True, "follows parked")
    return Ruling("position", True, "reached" if position.relations_folded else "follows behind")


def _state(facts: Facts) -> Ruling:
    if facts.created is None:
        return Ruling("state", False, "unknown")
    if facts.deleted_at is not None:
        deletion = Evidence("PostDeleted", TOPIC_OF_POSTS, facts.post, facts.deleted_at, exact=True)
        return Ruling("state", False, "deleted", (*_creation(facts), deletion))
    return Ruling("state", True, "stands", _creation(facts))


def _author(facts: Facts) -> Ruling:
    return Ruling("author", facts.known, "known" if facts.known else "unknown")


def _own() -> list[Ruling]:
    """Nobody mutes or blocks themselves."""
    return [Ruling("follow", True, "own")]


def _between(post: UUID, author: Side) -> list[Ruling]:
    return [
        _follow_at(post, author),
        _mute(author),
        _block(author),
        _blocked(author),
        Ruling("audience", True, "included"),
    ]


def _follow(side: Side) -> Ruling:
    if side.following is None:
        return Ruling("follow", False, "never")
    if not side.following.on:
        return Ruling("follow", False, "no more", _decided(side.following, "AccountUnfollowed"))
    return Ruling("follow", True, "following", _decided(side.following, "AccountFollowed"))


def _follow_at(post: UUID, side: Side) -> Ruling:
    """Whether the toggle that stands is older than the post tells what held when it was written."""
    ruling, follow = _follow(side), side.following
    if follow is None or follow.event <= lowest_at(time_of(post) + 1):
        return ruling
    return ruling._replace(reason="following since later" if follow.on else "no more since later")


def _mute(side: Side) -> Ruling:
    if _on(side.muting):
        return Ruling("mute", False, "muted", _decided(side.muting, "AccountMuted"))
    return Ruling("mute", True, "none", _decided(side.muting, "AccountUnmuted"))


def _block(side: Side) -> Ruling:
    if _on(side.blocking):
        return Ruling("block", False, "blocks", _decided(side.blocking, "AccountBlocked"))
    return Ruling("block", True, "none", _decided(side.blocking, "AccountUnblocked"))


def _blocked(side: Side) -> Ruling:
    if side.blocked_by:
        return Ruling("blocked", False, "blocked", _decided(side.block, "AccountBlocked"))
    return Ruling("blocked", True, "none", _decided(side.block, "AccountUnblocked"))


def _reply(facts: Facts) -> Ruling:
    """A reply shows only where the reader follows both sides, and neither is hidden from the other."""
    if facts.created is None or facts.created.reply_to is None:
        return Ruling("reply", True, "no reply")
    if facts.parent is None:
        return Ruling("reply", True, "own side")
    checks = (_follow(facts.parent), _mute(facts.parent), _block(facts.parent), _blocked(facts.parent))
    against = next((check for check in checks if not check.passes), None)
    if against is not None:
        return Ruling("reply", False, f"{against.rule} {against.reason}", against.evidence)
    return Ruling("reply", True, "both sides", checks[0].evidence)


def _time(facts: Facts) -> Ruling:
    if facts.post >= newest(facts.now_ms):
        return Ruling("time", False, "future", _creation(facts))
    return Ruling("time", True, "within" if facts.post >= horizon_at(facts.now_ms) else "older")


def _way(facts: Facts) -> Ruling:
    """How it gets there: pushed or back-filled rows count within 28 days, below the floor the timeline is read."""
    floor, evidence = _floor(facts), _follow_of(facts)
    if facts.pushed is not None and facts.post >= horizon_at(facts.now_ms):
        return Ruling("way", True, "back-filled" if _followed_later(facts) else "pushed", evidence)
    if facts.post >= floor:
        return Ruling("way", False, "not pushed", evidence)
    if facts.timeline is None:
        return Ruling("way", False, "not in the timeline", evidence)
    return Ruling("way", True, _pulled_because(facts), evidence)


def _floor(facts: Facts) -> UUID:
    """From where upwards the pushed rows of the author are complete, as `circle.floors_of` has it."""
    horizon, author, coverage = horizon_at(facts.now_ms), facts.author, facts.coverage
    if author is None or author.account == facts.reader:
        return horizon
    follow = author.following
    if facts.pulled or coverage is None or follow is None or coverage.follow != follow.event:
        return ABOVE_ALL
    return max(coverage.covered_from, horizon)


def _pulled_because(facts: Facts) -> str:
    if facts.post < horizon_at(facts.now_ms):
        return "pulled: older than pushed rows are kept"
    if facts.pulled:
        return "pulled: many followers"
    return "pulled: not covered yet" if _floor(facts) == ABOVE_ALL else "pulled: older than the back-fill"


def _followed_later(facts: Facts) -> bool:
    follow = facts.author.following if facts.author else None
    return follow is not None and follow.event > lowest_at(time_of(facts.post) + 1)


def _follow_of(facts: Facts) -> tuple[Evidence, ...]:
    return _decided(facts.author.following, "AccountFollowed") if facts.author and _on(facts.author.following) else ()


def _creation(facts: Facts) -> tuple[Evidence, ...]:
    """Nothing where the id is none that a post can have: no log is needed to know that it is not there."""
    if not is_v7(facts.post):
        return ()
    return (Evidence("PostCreated", TOPIC_OF_POSTS, facts.post, time_of(facts.post)),)


def _decided(relation: Relation | None, type_: str) -> tuple[Evidence, ...]:
    """The event that a relation tells of; nothing where nothing was ever decided."""
    if relation is None:
        return ()
    return (Evidence(type_, TOPIC_OF_RELATIONS, relation.account, time_of(relation.event), relation.event),)


def _on(relation: Relation | None) -> bool:
    return relation is not None and relation.on

"""What feeds materializes. All are own-key tables except home, coverage and pulled."""

from uuid import UUID

import msgspec

from libs.events import ReplyTo
from libs.people import Directory
from libs.projections import tally_table
from libs.views import Table, TableKind, asc, desc

PEOPLE = Directory("feeds")


class Created(msgspec.Struct, frozen=True, kw_only=True, tag="created"):
    """The post as it was written."""

    author: UUID
    text: str
    """Sealed."""
    lang: str
    topics: tuple[str, ...]
    media: tuple[UUID, ...]
    reply_to: ReplyTo | None
    at: int
    """When, in milliseconds since 1970 UTC, by the clock of who accepted it."""


class Revision(msgspec.Struct, frozen=True, kw_only=True, tag="revision"):
    """The post as it was written anew."""

    number: int
    text: str
    """Sealed."""
    lang: str
    topics: tuple[str, ...]
    at: int


class Deleted(msgspec.Struct, frozen=True, kw_only=True, tag="deleted"):
    """The author took it away. Final."""

    at: int


class CardFacet(msgspec.Struct, frozen=True):
    """One fact about a post. Facets sort as created, deleted, revision (newest first): three rows make a card."""

    post: UUID
    facet: str
    body: Created | Revision | Deleted


class TimelinePost(msgspec.Struct, frozen=True):
    """A post in its author's timeline. `replied_to` is the parent's author, or the author where it answers nobody."""

    author: UUID
    post: UUID
    replied_to: UUID


class HomePost(msgspec.Struct, frozen=True):
    """A pushed post; `week` counts Monday-to-Sunday weeks since 1970, of the post."""

    account: UUID
    week: int
    post: UUID
    author: UUID
    replied_to: UUID


class TopicPost(msgspec.Struct, frozen=True):
    """A post under one of its topics; `day` counts days since 1970, of the post."""

    topic: str
    day: int
    post: UUID
    author: UUID


class TopicDay(msgspec.Struct, frozen=True):
    """A day on which a topic has posts, noted by each source partition for itself."""

    topic: str
    day: int
    source: int


class Reply(msgspec.Struct, frozen=True):
    """A reply of a parent, as far as it counts: the membership behind the tally of replies."""

    parent: UUID
    source: int
    post: UUID
    on: bool


class ThreadPost(msgspec.Struct, frozen=True):
    """A reply anywhere below a thread's root."""

    root: UUID
    post: UUID


class ReactionBy(msgspec.Struct, frozen=True):
    """What an account did to a post; `event` is the toggle's that stands."""

    account: UUID
    kind: str
    post: UUID
    on: bool
    event: UUID


class ReactionOn(msgspec.Struct, frozen=True):
    """The same seen from the post: the membership behind the tallies of likes and saves."""

    post: UUID
    kind: str
    source: int
    account: UUID
    on: bool


class Save(msgspec.Struct, frozen=True):
    """A save in the order of saving; it counts while `event` is still the toggle that stands."""

    account: UUID
    event: UUID
    post: UUID


class Relation(msgspec.Struct, frozen=True):
    """What an account decided about another one: following, muting or blocking."""

    account: UUID
    kind: str
    target: UUID
    on: bool
    event: UUID


class Follower(msgspec.Struct, frozen=True):
    """The same follow seen from the followee: what fan-out reads, and the membership behind the tally of followers."""

    target: UUID
    source: int
    follower: UUID
    on: bool


class BlockedBy(msgspec.Struct, frozen=True):
    """The same block seen from the blocked one."""

    target: UUID
    account: UUID
    on: bool


class Coverage(msgspec.Struct, frozen=True):
    """From which post on the pushed rows of this followee are complete; counts only for the follow named."""

    account: UUID
    target: UUID
    follow: UUID
    covered_from: UUID


class Pulled(msgspec.Struct, frozen=True):
    """An author who ever passed the follower threshold: nothing is pushed, home reads the timeline. Bucket is 0."""

    bucket: int
    author: UUID


CARDS = Table("feeds.cards", CardFacet, partition=("post",), clustering=(asc("facet"),))
AUTHOR = Table("feeds.author", TimelinePost, partition=("author",), clustering=(desc("post"),))
TOPIC = Table("feeds.topic", TopicPost, partition=("topic", "day"), clustering=(desc("post"),))
TOPIC_DAYS = Table("feeds.topic_days", TopicDay, partition=("topic",), clustering=(desc("day"), desc("source")))
REPLIES = Table("feeds.replies", Reply, partition=("parent",), clustering=(asc("source"), asc("post")))
THREADS = Table("feeds.threads", ThreadPost, partition=("root",), clustering=(asc("post"),))
REACTIONS_BY = Table("feeds.reactions_by", ReactionBy, partition=("account",), clustering=(asc("kind"), desc("post")))
REACTIONS_ON = Table(
    "feeds.reactions_on", ReactionOn, partition=("post",), clustering=(asc("kind"), asc("source"), asc("account"))
)
SAVES = Table("feeds.saves", Save, partition=("account",), clustering=(desc("event"),))
RELATIONS = Table("feeds.relations", Relation, partition=("account",), clustering=(asc("kind"), asc("target")))
FOLLOWERS = Table("feeds.followers", Follower, partition=("target",), clustering=(asc("source"), asc("follower")))
BLOCKED_BY = Table("feeds.blocked_by", BlockedBy, partition=("target",), clustering=(asc("account"),))
TALLIES = tally_table("feeds.tallies")
HOME = Table("feeds.home", HomePost, partition=("account", "week"), clustering=(desc("post"),), kind=TableKind.CROSSING)
COVERAGE = Table(
    "feeds.coverage", Coverage, partition=("account",), clustering=(asc("target"),), kind=TableKind.CROSSING
)
PULLED = Table("feeds.pulled", Pulled, partition=("bucket",), clustering=(asc("author"),), kind=TableKind.CROSSING)

TABLES = (
    *PEOPLE.tables,
    CARDS,
    AUTHOR,
    TOPIC,
    TOPIC_DAYS,
    REPLIES,
    THREADS,
    REACTIONS_BY,
    REACTIONS_ON,
    SAVES,
    RELATIONS,
    FOLLOWERS,
    BLOCKED_BY,
    TALLIES,
    HOME,
    COVERAGE,
    PULLED,
)

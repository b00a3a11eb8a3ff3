"""What posts needs to decide: posts and whose they are, who likes and saves what, who blocks whom, who is who."""

from uuid import UUID

import msgspec

from libs.events import PostLiked, PostSaved, PostUnliked, PostUnsaved, ReplyTo
from libs.people import Blocks, Directory, Intents, Says
from libs.views import Table, asc

PEOPLE = Directory("posts")
BLOCKS = Blocks("posts")
INTENTS = Intents(
    "posts",
    {
        PostLiked: Says("like", True),
        PostUnliked: Says("like", False),
        PostSaved: Says("save", True),
        PostUnsaved: Says("save", False),
    },
    subject="post",
)


class Written(msgspec.Struct, frozen=True, kw_only=True, tag="created"):
    """The post as far as decisions need it."""

    author: UUID
    reply_to: ReplyTo | None


class Edited(msgspec.Struct, frozen=True, kw_only=True, tag="revision"):
    """A revision: its number is taken."""

    number: int


class Gone(msgspec.Struct, frozen=True, kw_only=True, tag="deleted"):
    """Deleted, for ever."""


class PostFacet(msgspec.Struct, frozen=True):
    """One fact about a post. Facets sort as created, deleted, revision (newest first)."""

    post: UUID
    facet: str
    body: Written | Edited | Gone


POSTS = Table("posts.posts", PostFacet, partition=("post",), clustering=(asc("facet"),))

TABLES = (*PEOPLE.tables, *BLOCKS.tables, *INTENTS.tables, POSTS)

"""What posts needs to decide: which posts there are and whose, who blocks whom, and who is who."""

from uuid import UUID

import msgspec

from libs.events import ReplyTo
from libs.people import Blocks, Directory
from libs.views import Table, asc

PEOPLE = Directory("posts")
BLOCKS = Blocks("posts")


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

TABLES = (*PEOPLE.tables, *BLOCKS.tables, POSTS)

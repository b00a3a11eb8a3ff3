"""Whose a post is, and how the facts about it stand in a service's table: one row per facet.

Facets sort as created, deleted, revision (newest first), so that the first few rows of a post tell what it is now.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from libs.events import Meta, PostDeleted, PostEdited
from libs.projections import Need, Out
from libs.views import Table

R = TypeVar("R", bound=msgspec.Struct)

CREATED, DELETED = "created", "deleted"

FACETS = 3
"""So many rows tell what a post is now: created, deleted, the newest revision."""

_MOST_REVISIONS = 1_000_000


def revision_facet(number: int) -> str:
    """The facet of a revision, so that the newest sorts first."""
    return f"revision-{_MOST_REVISIONS - number:06d}"


class Authorship(Generic[R]):
    """Who may change a post: its author alone, as one service's table of facets has it."""

    def __init__(self, facets: Table[R], author_in: Callable[[R], UUID | None]) -> None:
        """`facets` has the key (post, facet); `author_in` tells the author in a row of facet CREATED."""
        self._facets, self._author_in = facets, author_in

    def needs(self, event: PostEdited | PostDeleted, meta: Meta) -> Sequence[Need]:
        """What `allows` reads."""
        return (Need(self._facets, (event.post, CREATED)),)

    def allows(self, event: PostEdited | PostDeleted, out: Out) -> bool:
        """Whether the change is by the author of the post; if not, that is noted, and it must fold to nothing."""
        row = out.get(self._facets, event.post, CREATED)
        allowed = row is not None and self._author_in(row) == event.author
        if not allowed:
            out.refuse("change by someone else")
        return allowed

"""What handlers return."""

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from libs.log import Place

A = TypeVar("A")


class Answer(msgspec.Struct, Generic[A], frozen=True):
    """A body with what goes beside it. A handler without anything beside it returns just the body.

    The status is the one that the route declares.
    """

    body: A
    position: Sequence[Place] = ()
    """Where the write stands in the log: becomes `Qiao-Position`."""
    headers: Mapping[str, str] = {}


class Done(msgspec.Struct, frozen=True):
    """An answer without a body (204)."""

    position: Sequence[Place] = ()
    """Where the write stands in the log; empty where there was nothing to write."""
    headers: Mapping[str, str] = {}


class Page(msgspec.Struct, Generic[A], frozen=True):
    """One page of a list. `next_cursor` null, and nothing else, says that this is the end: a page may be short."""

    items: Sequence[A]
    next_cursor: str | None

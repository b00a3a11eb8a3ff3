"""Pages for admins, served as HTML: what `qiao` hands in, behind a sign-in of their own.

A browser cannot send a bearer token, so a cookie names the admin: signed, short-lived, out of the reach of scripts,
sent to /debug alone and never from another site. Pages change nothing: there is nothing to forge but the sign-in.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from libs.http.problems import Problem

LIFETIME = 3600
"""Seconds for which a sign-in holds."""

Render = Callable[[Mapping[str, str], Mapping[str, str]], Awaitable[str]]
"""(parts of the path, query values) -> HTML. Raises Problem for what cannot be shown, and what the stores raise."""


class Page(msgspec.Struct, frozen=True):
    """One page. `template` is its address, such as /debug/posts/{id}."""

    template: str
    render: Render


class Frame(Protocol):
    """What the pages have around them."""

    def sign_in(self, refusal: str) -> str:
        """The form that posts `handle` and `password` to /debug/sign-in; `refusal` is why the last try failed."""

    def trouble(self, problem: Problem) -> str:
        """A page that says what is wrong."""


class Pages(msgspec.Struct, frozen=True, kw_only=True):
    """The whole site under /debug."""

    pages: Sequence[Page]
    frame: Frame
    style: bytes
    """CSS, served as /debug/style.css."""
    secrets: Sequence[bytes]
    """Sign the cookie: the last one signs, all of them verify."""
    check: Callable[[str, str, str], Awaitable[UUID | None]]
    """(handle, password, network) -> whose they are. Raises Problem after too many wrong ones."""

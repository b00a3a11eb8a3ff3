"""The base of what comes in: bodies, queries and paths; and the values that more than one service takes."""

from typing import Annotated

import msgspec


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client sends. A field that nobody declared is refused: a misspelt name must not be ignored silently."""


# Python's `$` also stands before a line break at the end; ECMA's, which readers of the OpenAPI document use, does not.
Language = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,3}(?!\n)$", description="A BCP 47 tag: en, zh, zh-Hant."
    ),
]

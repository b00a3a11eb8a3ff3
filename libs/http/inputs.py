"""The base of what comes in: bodies, queries and paths; and the values that more than one service takes."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

import msgspec

_described: dict[str, str] = {}

DESCRIPTIONS: Mapping[str, str] = MappingProxyType(_described)
"""Pattern -> what it wants, for people: they should not have to read it."""

UNSEEN = (
    r"\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
"""What shows nothing by itself, in a regular expression's brackets: spaces, and Unicode's Default_Ignorable_Code_Point
below U+10000. Within a text some of it has its use, as in an emoji made of several.
"""

_SEEN = re.compile(f"[^{UNSEEN}]")


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client sends. A field that nobody declared is refused: a misspelt name must not be ignored silently."""


def whole(pattern: str, description: str, *, max_length: int | None = None) -> msgspec.Meta:
    """A text that matches from its begin to its end.

    Python's `$` also stands before a line break at the end; ECMA's, by which the OpenAPI document is read, does not.
    """
    complete = f"^{pattern}(?!\\n)$"
    _described[complete] = description
    return msgspec.Meta(
        pattern=complete,
        extra_json_schema={"pattern": f"^{pattern}$"},
        description=description,
        max_length=max_length,
    )


def shows(text: str) -> bool:
    """Whether anybody who looks at it sees something."""
    return _SEEN.search(text) is not None


Language = Annotated[str, whole(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,3}", "A BCP 47 tag: en, zh, zh-Hant.")]

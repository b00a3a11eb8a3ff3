"""The base of what comes in: bodies, queries and paths; and the values that more than one service takes."""

from typing import Annotated

import msgspec


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client sends. A field that nobody declared is refused: a misspelt name must not be ignored silently."""


def whole(pattern: str, description: str, *, max_length: int | None = None) -> msgspec.Meta:
    """A text that matches from its begin to its end.

    Python's `$` also stands before a line break at the end; ECMA's, by which the OpenAPI document is read, does not.
    """
    return msgspec.Meta(
        pattern=f"^{pattern}(?!\\n)$",
        extra_json_schema={"pattern": f"^{pattern}$"},
        description=description,
        max_length=max_length,
    )


Language = Annotated[str, whole(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,3}", "A BCP 47 tag: en, zh, zh-Hant.")]

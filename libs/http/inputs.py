"""The base of what comes in: bodies, queries and paths."""

import msgspec


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client sends. A field that nobody declared is refused: a misspelt name must not be ignored silently."""

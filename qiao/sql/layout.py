"""Where an event's type stands among the bytes of the headers column, so that SQLite finds it without Python.

Our own producers write the envelope's headers first and in one order, and an id always has 36 characters: the type
has a fixed place. Where the bytes there are none of our types, Python reads the headers (`type_of`).
"""

import msgspec

from libs.events import all_specs
from libs.events.headers import FIXED
from libs.log.embedded.rows import decode_headers, encode_headers

TYPE_OF = "qiao_type"
"""The name of `type_of` in SQL."""

_ID = b"-" * 36
_SAMPLE = encode_headers((*FIXED, ("ce_id", _ID), ("ce_type", b"X")))
_ID_AT = _SAMPLE.index(_ID)
_BEFORE_ID = _SAMPLE[1:_ID_AT]
"""Behind the first byte, which counts the headers."""
_BEHIND_ID = _SAMPLE[_ID_AT + len(_ID) : -2]
_LENGTH_AT = len(_SAMPLE) - 1
"""Of the type, one byte; SQL counts from 1."""


def type_expression() -> str:
    """SQL that gives the type of a row of `records` as text, empty where it has none."""
    before = f"substr(headers, 2, {len(_BEFORE_ID)}) = x'{_BEFORE_ID.hex()}'"
    behind = f"substr(headers, {_ID_AT + len(_ID) + 1}, {len(_BEHIND_ID)}) = x'{_BEHIND_ID.hex()}'"
    found = f"substr(headers, {_LENGTH_AT + 1}, unicode(substr(headers, {_LENGTH_AT}, 1)))"
    known = ", ".join(f"x'{spec.type.encode().hex()}'" for spec in all_specs())
    return (
        f"CASE WHEN {before} AND {behind} AND {found} IN ({known}) THEN CAST({found} AS TEXT) "
        f"ELSE {TYPE_OF}(headers) END"
    )


def type_of(headers: bytes) -> str:
    """The same, whatever the headers."""
    try:
        found = [value for name, value in decode_headers(headers) if name == "ce_type"]
    except msgspec.DecodeError:
        return ""
    return found[0].decode(errors="replace") if found else ""

"""How Cassandra keeps each column type. Values are encoded here, once, as the native protocol has them.

The driver's own `bind` looks each column's type up again for each row and costs 3 to 5 times as much.
"""

from collections.abc import Sequence
from operator import attrgetter
from uuid import UUID

import msgspec

from libs.cassandra.encoding import encode_bigint, encode_bool, encode_list
from libs.views.columns import ColumnType
from libs.views.rows import Form

_uuid_bytes = attrgetter("bytes")


def _uuids(value: Sequence[UUID]) -> bytes:
    return encode_list([one.bytes for one in value])


def _texts(value: Sequence[str]) -> bytes:
    return encode_list([one.encode() for one in value])


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(f"expected bytes, not {type(value).__name__}")
    return value


FORMS: dict[ColumnType, Form[bytes]] = {
    ColumnType.UUID: Form(stored=UUID, encode=_uuid_bytes),
    ColumnType.INT: Form(stored=int, encode=encode_bigint),
    ColumnType.TEXT: Form(stored=str, encode=str.encode),
    ColumnType.BYTES: Form(stored=bytes, encode=_bytes),
    ColumnType.BOOL: Form(stored=bool, encode=encode_bool),
    ColumnType.UUIDS: Form(stored=tuple[UUID, ...], encode=_uuids),
    ColumnType.TEXTS: Form(stored=tuple[str, ...], encode=_texts),
    ColumnType.JSON: Form(stored=str, encode=msgspec.json.Encoder().encode, json=True),
}

CQL_TYPES = {
    ColumnType.UUID: "uuid",
    ColumnType.INT: "bigint",
    ColumnType.TEXT: "text",
    ColumnType.BYTES: "blob",
    ColumnType.BOOL: "boolean",
    ColumnType.UUIDS: "frozen<list<uuid>>",
    ColumnType.TEXTS: "frozen<list<text>>",
    ColumnType.JSON: "text",
}

"""How SQLite keeps each column type. UUIDs are 16-byte blobs: their order is the order of a v7's time."""

from operator import attrgetter
from uuid import UUID

import msgspec

from libs.views.columns import ColumnType
from libs.views.rows import Form

_encoder = msgspec.json.Encoder()


def _to_json(value: object) -> str:
    return _encoder.encode(value).decode()


_JSON: Form[object] = Form(stored=str, encode=_to_json, json=True)

FORMS: dict[ColumnType, Form[object]] = {
    ColumnType.UUID: Form(stored=UUID, encode=attrgetter("bytes")),
    ColumnType.INT: Form(stored=int),
    ColumnType.TEXT: Form(stored=str),
    ColumnType.BYTES: Form(stored=bytes),
    ColumnType.BOOL: Form(stored=int, encode=int, convert=bool),
    ColumnType.UUIDS: _JSON,
    ColumnType.TEXTS: _JSON,
    ColumnType.JSON: _JSON,
}

SQL_TYPES = {
    ColumnType.UUID: "BLOB",
    ColumnType.INT: "INTEGER",
    ColumnType.TEXT: "TEXT",
    ColumnType.BYTES: "BLOB",
    ColumnType.BOOL: "INTEGER",
    ColumnType.UUIDS: "TEXT",
    ColumnType.TEXTS: "TEXT",
    ColumnType.JSON: "TEXT",
}

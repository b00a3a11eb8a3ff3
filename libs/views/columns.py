"""Which types a column can have, and how they are read off a row's fields."""

from enum import Enum

import msgspec
from msgspec import inspect


class ColumnType(Enum):
    """How a column is kept; the value is the word that is recorded in `schema_versions`."""

    UUID = "uuid"
    INT = "int"
    TEXT = "text"
    BYTES = "bytes"
    BOOL = "bool"
    UUIDS = "uuids"
    TEXTS = "texts"
    JSON = "json"
    """A Struct or a tagged union of Structs. Its fields may change as JSON allows; the store does not see them."""


KEY_TYPES = frozenset({ColumnType.UUID, ColumnType.INT, ColumnType.TEXT})

_PLAIN = {
    inspect.UUIDType: ColumnType.UUID,
    inspect.IntType: ColumnType.INT,
    inspect.StrType: ColumnType.TEXT,
    inspect.BytesType: ColumnType.BYTES,
    inspect.BoolType: ColumnType.BOOL,
    inspect.StructType: ColumnType.JSON,
}
_TUPLES = {inspect.UUIDType: ColumnType.UUIDS, inspect.StrType: ColumnType.TEXTS}


def column_types(row: type[msgspec.Struct]) -> dict[str, ColumnType]:
    """The type of every field of a row. Raises ValueError naming the field that no column can hold."""
    info = inspect.type_info(row)
    if not isinstance(info, inspect.StructType):
        raise ValueError(f"{row.__name__} is no Struct")
    return {field.name: _column_type(row, field) for field in info.fields}


def _column_type(row: type[msgspec.Struct], field: inspect.Field) -> ColumnType:
    found = _known(field.type)
    if found is None:
        raise ValueError(
            f"{row.__name__}.{field.name}: no column holds {type(field.type).__name__}. Columns are UUID, int, str, "
            "bytes, bool, tuple[UUID, ...], tuple[str, ...], a Struct or a tagged union of Structs; "
            "none is nullable: put what may be missing inside a Struct"
        )
    return found


def _known(kind: inspect.Type) -> ColumnType | None:
    if isinstance(kind, inspect.Metadata):
        return _known(kind.type)
    if isinstance(kind, inspect.VarTupleType):
        return _TUPLES.get(type(kind.item_type))
    if isinstance(kind, inspect.UnionType):
        return ColumnType.JSON if all(isinstance(one, inspect.StructType) for one in kind.types) else None
    return _PLAIN.get(type(kind))

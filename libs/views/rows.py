"""Rows to column values and back, precomputed per table: building or parsing a row costs about a microsecond."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import starmap
from operator import attrgetter, call
from typing import Any, Generic, NamedTuple, TypeVar, Union

import msgspec

from libs.views.bounds import LARGE, check_size, check_text_key
from libs.views.columns import ColumnType
from libs.views.table import Table

R = TypeVar("R", bound=msgspec.Struct)
V = TypeVar("V")
"""What a store's client takes as a value."""


class Form(NamedTuple, Generic[V]):
    """How a store's client takes and gives a column type; None where it does so as it is."""

    stored: object
    """The type to check and convert what comes back into: a type that msgspec understands."""

    encode: Callable[[Any], V] | None = None
    json: bool = False
    """What comes back is JSON of the field's own type."""

    convert: Callable[[object], object] | None = None


class RowCodec(Generic[R, V]):
    """Encodes and decodes the rows of one table for one store."""

    def __init__(self, table: Table[R], forms: Mapping[ColumnType, Form[V]]) -> None:
        """`forms` tells for each column type how the store's client takes and gives it."""
        fields = msgspec.structs.fields(table.row)
        self._make: Callable[..., R] = _maker(table.row)
        self._names = table.columns
        self._values = getter(table.columns)
        self._encoders = _present({name: forms[table.types[name]].encode for name in table.columns})
        self._all_encoders = [encode for _, encode in self._encoders]
        self._key_encoders = {name: forms[table.types[name]].encode for name in table.key}
        self._encoders_of = cache(self._present_among)
        self._decoders = _present({field.name: _decoder(field, forms[table.types[field.name]]) for field in fields})
        shape = tuple(_stored(field, forms[table.types[field.name]]) for field in fields)
        self._shape = list[tuple[shape]]  # type: ignore[valid-type]
        self._text_keys = [
            (table.columns.index(name), name not in table.partition)
            for name in table.key
            if table.types[name] is ColumnType.TEXT
        ]
        self._sized = [n for n, name in enumerate(table.columns) if table.types[name] not in _FIXED]

    def encode(self, row: msgspec.Struct) -> list[V]:
        """The column values in the order of the fields. Raises RowTooLarge, and whatever a wrong type raises."""
        if len(self._encoders) == len(self._names):
            values: list[Any] = list(map(call, self._all_encoders, self._values(row)))
        else:
            values = list(self._values(row))
            for position, encode in self._encoders:
                values[position] = encode(values[position])
        if None in values:
            raise TypeError(f"{self._names[values.index(None)]} is None: no column is nullable")
        if self._sized and sum([len(values[n]) for n in self._sized]) > LARGE:
            check_size(row)
        for position, may_be_empty in self._text_keys:
            check_text_key(self._names[position], values[position], may_be_empty)
        return values

    def encode_key(self, columns: tuple[str, ...], key: Sequence[object]) -> list[V]:
        """The values of some key columns, for a statement's parameters."""
        values: list[Any] = list(key)
        for position, encode in self._encoders_of(columns):
            values[position] = encode(values[position])
        return values

    def encode_all(self, column: str, keys: Sequence[object]) -> list[V]:
        """Many values of one key column."""
        encode = self._key_encoders[column]
        values: Sequence[Any] = keys
        return list(values) if encode is None else list(map(encode, values))

    def _present_among(self, columns: tuple[str, ...]) -> list[tuple[int, Callable[[object], Any]]]:
        return _present({column: self._key_encoders[column] for column in columns})

    def decode(self, rows: Sequence[Sequence[object]]) -> list[R]:
        """The rows whose column values these are. Raises msgspec.ValidationError where the store holds other types."""
        checked = msgspec.convert(rows, self._shape)
        if not self._decoders:
            return list(starmap(self._make, checked))
        return [self._decode(values) for values in checked]

    def _decode(self, values: Sequence[object]) -> R:
        columns = list(values)
        for position, decode in self._decoders:
            columns[position] = decode(columns[position])
        return self._make(*columns)


_FIXED = frozenset({ColumnType.UUID, ColumnType.INT, ColumnType.BOOL})


def _present(
    found: Mapping[str, Callable[[object], object] | None],
) -> list[tuple[int, Callable[[object], object]]]:
    return [(position, function) for position, function in enumerate(found.values()) if function is not None]


def getter(columns: Sequence[str]) -> Callable[[object], tuple[object, ...]]:
    """Reads some fields of a row as a tuple."""
    read = attrgetter(*columns)
    return read if len(columns) > 1 else lambda row: (read(row),)


def _maker(row: type[R]) -> Callable[..., R]:
    """Positional construction where the Struct has it (80 ns), by name where a field is keyword-only."""
    names = row.__struct_fields__
    if row.__match_args__ == names:
        return row
    return lambda *values: row(**dict(zip(names, values, strict=True)))


def _stored(field: msgspec.structs.FieldInfo, form: Form[V]) -> object:
    """A column with a default may have been added after a row was written: the store then has nothing there."""
    return form.stored if field.required else Union[form.stored, None]  # noqa: UP007


def _decoder(field: msgspec.structs.FieldInfo, form: Form[V]) -> Callable[[object], object] | None:
    decode: Callable[..., object] | None = msgspec.json.Decoder(field.type).decode if form.json else form.convert
    if field.required:
        return decode
    return lambda value: _default(field) if value is None else value if decode is None else decode(value)


def _default(field: msgspec.structs.FieldInfo) -> object:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()

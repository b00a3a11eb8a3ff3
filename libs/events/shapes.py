"""Looking into annotations: every type that a type is made of."""

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import msgspec


def parts_of(hint: Any, _seen: frozenset[type] = frozenset()) -> Iterator[Any]:
    """The annotation itself and, depth first, all that it holds: type arguments and the fields of structs."""
    yield hint
    for part in get_args(hint):
        yield from parts_of(part, _seen)
    if is_struct(hint) and hint not in _seen:
        for part in get_type_hints(hint, include_extras=True).values():
            yield from parts_of(part, _seen | {hint})


def is_struct(hint: Any) -> bool:
    """Whether an annotation is a struct's class."""
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)

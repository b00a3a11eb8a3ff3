"""Checks that a route's declaration, its template and its handler's annotations say the same."""

import string
from collections.abc import Callable
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import msgspec

from libs.http.answers import Answer, Done
from libs.http.calls import Call
from libs.http.problems import Problem


def check_template(template: str, path: type | None) -> None:
    """Raises TypeError unless the parts of the template are the fields of the path's struct."""
    parts = {name for _, name, _, _ in string.Formatter().parse(template) if name}
    fields = {field.encode_name for field in msgspec.structs.fields(path)} if path is not None else set[str]()
    if parts != fields:
        raise TypeError(f"{template} has the parts {sorted(parts)}, its path struct has {sorted(fields)}")


def check_handler(
    handler: Callable[..., object], *, body: object, path: object, query: object, returns: object
) -> None:
    """Raises TypeError unless the handler takes `Call[body, path, query]` and returns what is declared."""
    hints = get_type_hints(handler)
    result = hints.pop("return", None)
    name = getattr(handler, "__qualname__", repr(handler))
    taken = next((hint for hint in hints.values() if (get_origin(hint) or hint) is Call), None)
    declared = (body, path, query)
    if taken is None or tuple(map(_or_none, get_args(taken) or (None,) * 3)) != declared:
        raise TypeError(f"{name} takes {taken}, its route declares Call{list(declared)}")
    if _bodies(result) not in ({returns}, set()):
        raise TypeError(f"{name} returns {result}, its route declares {returns}")


def _bodies(result: object) -> set[object]:
    """The types of body in a return annotation: without Problem, and out of Answer[...]."""
    union = get_origin(result) in (Union, UnionType)
    return {_body(member) for member in (get_args(result) if union else (result,)) if member is not Problem}


def _body(member: object) -> object:
    if get_origin(member) is Answer:
        return get_args(member)[0]
    return None if member is Done else _or_none(member)


def _or_none(hint: object) -> object:
    return None if hint is type(None) else hint

"""Comparing two JSON Schemas: where the new one refuses, or reads otherwise, what the old one allowed."""

from collections.abc import Iterator
from typing import Any

from libs.events.reference.json_schema import Schema

_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
# What says nothing about which data is valid, or is compared on its own.
_OTHERWISE = {"$schema", "$id", "$defs", "$ref", "title", "description", "x-event", "default", "type", "format"} | {
    *_LOWER_BOUNDS, *_UPPER_BOUNDS, "enum", "anyOf", "properties", "required", "items", "additionalProperties"
}  # fmt: skip


def narrowings(old: Schema, new: Schema) -> list[str]:
    """A sentence for each place where data of the old schema would break under the new one."""
    return list(_compare(_Side(old, old), _Side(new, new), "the data"))


class _Side:
    """A part of a schema, with the whole that its references point into."""

    def __init__(self, part: Schema, whole: Schema) -> None:
        self.whole = whole
        name = part.get("$ref", "").rsplit("/", 1)[-1]
        self.part: Schema = {**whole["$defs"][name], **part} if name else part

    def get(self, keyword: str, default: Any = None) -> Any:
        return self.part.get(keyword, default)

    def into(self, part: Schema) -> "_Side":
        return _Side(part, self.whole)


def _compare(old: _Side, new: _Side, path: str) -> Iterator[str]:
    if "anyOf" in old.part or "anyOf" in new.part:
        yield from _alternatives(old, new, path)
        return
    yield from _kinds(old, new, path)
    yield from _bounds(old, new, path)
    yield from _others(old, new, path)
    yield from _fields(old, new, path)
    for inside in ("items", "additionalProperties"):
        if isinstance(old.get(inside), dict) and isinstance(new.get(inside), dict):
            yield from _compare(old.into(old.get(inside)), new.into(new.get(inside)), f"an entry of {path}")
        elif new.get(inside) not in (None, True, old.get(inside)):
            yield f"{path} narrowed its {inside}"


def _alternatives(old: _Side, new: _Side, path: str) -> Iterator[str]:
    choices = [new.into(choice) for choice in new.get("anyOf", [new.part])]
    for was in [old.into(choice) for choice in old.get("anyOf", [old.part])]:
        complaints = [list(_compare(was, now, path)) for now in choices]
        if all(complaints):
            alike = [said for said, now in zip(complaints, choices, strict=True) if _name(now) == _name(was)]
            yield from alike[0] if alike else [f"{path} may no longer be {_name(was)}"]


def _kinds(old: _Side, new: _Side, path: str) -> Iterator[str]:
    was, now = old.get("type"), new.get("type")
    if now not in (None, was) and (was, now) != ("integer", "number") and not _all_of_type(old.get("enum"), now):
        yield f"{path} was {_name(old)} and is {_name(new)}"
    if new.get("format") not in (None, old.get("format")):
        yield f"{path} must now have the format {new.get('format')}"
    if "enum" in new.part:
        lost = [value for value in old.get("enum", ["anything else"]) if value not in new.get("enum")]
        if lost:
            yield f"{path} may no longer be {', '.join(map(str, lost))}"


def _bounds(old: _Side, new: _Side, path: str) -> Iterator[str]:
    for keywords, sign in ((_LOWER_BOUNDS, 1), (_UPPER_BOUNDS, -1)):
        for keyword in keywords:
            was, now = old.get(keyword), new.get(keyword)
            if now is not None and (was is None or sign * now > sign * was):
                yield f"{path} has a tighter {keyword}: {was} became {now}"


def _others(old: _Side, new: _Side, path: str) -> Iterator[str]:
    """Whatever this module does not understand must stay as it is."""
    # A new form of token may join the old ones: that those still open is what the stored samples prove.
    ignored = _OTHERWISE | ({"pattern"} if old.get("x-personal") and new.get("x-personal") else set())
    for keyword in sorted((old.part.keys() | new.part.keys()) - ignored):
        if old.get(keyword) != new.get(keyword):
            what = "whether it is personal" if keyword == "x-personal" else keyword
            yield f"{path} changed {what}"


def _fields(old: _Side, new: _Side, path: str) -> Iterator[str]:
    was, now = old.get("properties", {}), new.get("properties", {})
    yield from (f"field {name} of {path} is gone" for name in was if name not in now)
    for name in new.get("required", []):
        if name not in old.get("required", []):
            yield f"field {name} of {path} is required now"
    for name in was:
        if name in now:
            yield from _compare(old.into(was[name]), new.into(now[name]), f"field {name}")
            if "default" in was[name] and was[name]["default"] != now[name].get("default"):
                yield f"field {name} changed its default: what stored events left out would mean something else"


def _all_of_type(values: list[object] | None, kind: str) -> bool:
    return values is not None and kind == "string" and all(isinstance(value, str) for value in values)


def _name(side: _Side) -> str:
    return str(side.get("title") or side.get("format") or side.get("type") or "one of an enum")

"""From text to structs; whatever does not fit becomes a problem that names the field.

All functions raise Problem and nothing else, whatever the input.
"""

import ast
import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from libs.http.inputs import DESCRIPTIONS
from libs.http.kinds import INVALID, MALFORMED, NOT_FOUND
from libs.http.problems import FieldError, Problem, ProblemKind, Source

T = TypeVar("T")

_PLACE = re.compile(r"(?P<message>.*) - at `(?P<path>\$.*)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_NAMED = re.compile(r"Object (?:missing required|contains unknown) field `(.*?)`\Z", re.DOTALL)
_PATTERN = re.compile(r"Expected `str` matching regex (?P<literal>'.*'|\".*\")", re.DOTALL)
_MAX_MESSAGE = 300


def decode_body(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """The body's struct. Raises MALFORMED for what is no JSON in UTF-8, INVALID for what does not fit."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _refusal(INVALID, "body", error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MALFORMED("The body is not JSON in UTF-8.", FieldError("body", "", _short(str(error)))) from None


def decode_query(kind: type[T], values: Mapping[str, str]) -> T:
    """The query's struct. Raises INVALID."""
    return _convert(INVALID, "query", kind, values)


def decode_path(kind: type[T], values: Mapping[str, str]) -> T:
    """The path's struct. Raises NOT_FOUND: what cannot be an id or a handle names nothing."""
    return _convert(NOT_FOUND, "path", kind, values)


def _convert(refusal: ProblemKind, source: Source, kind: type[T], values: Mapping[str, str]) -> T:
    try:
        # A plain dict: of other mappings msgspec does not refuse unknown keys.
        return msgspec.convert(dict(values), kind, strict=False)
    except msgspec.ValidationError as error:
        raise _refusal(refusal, source, error) from None


def _refusal(kind: ProblemKind, source: Source, error: msgspec.ValidationError) -> Problem:
    """msgspec says what is wrong and where: "Expected `str`, got `int` - at `$.text`"."""
    match = _PLACE.fullmatch(str(error))
    message, path = (match["message"], match["path"]) if match else (str(error), "$")
    steps = [name or index for name, index in _STEP.findall(path)]
    if named := _NAMED.fullmatch(message):
        steps.append(named[1])
    field = _pointer(steps) if source == "body" else steps[0] if steps else ""
    return kind("", FieldError(source, _short(field), _short(_in_words(message))))


def _in_words(message: str) -> str:
    """What a pattern wants where one does not fit, as far as that was described."""
    match = _PATTERN.fullmatch(message)
    wanted = DESCRIPTIONS.get(ast.literal_eval(match["literal"])) if match else None
    return f"Expected: {wanted}" if wanted else message


def _pointer(steps: list[str]) -> str:
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _short(text: str) -> str:
    """At most 300 characters: an unknown field's name may be as long as the body."""
    return text if len(text) <= _MAX_MESSAGE else text[: _MAX_MESSAGE - 1] + "…"

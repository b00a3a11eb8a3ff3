"""Conditions on events, in CEL (cel.dev): `type == "PostCreated" && data.lang == "en"`."""

import re
from collections.abc import Mapping
from typing import Any

import cel
import msgspec

from libs.events.errors import EnvelopeInvalid
from libs.events.headers import decode_envelope
from libs.log import Record

NAMES = ("type", "actor", "key", "data", "topic", "partition", "offset", "time", "id", "correlation")
"""What an expression may speak of. `data` is the event's JSON, `time` the log's, in milliseconds since 1970 UTC."""

_LIKE: Mapping[str, object] = {"data": {}, "partition": 0, "offset": 0, "time": 0}
"""What is no text."""

_STRINGS = re.compile(r"""[rR]?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")
_WORDS = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?!\w*\s*\()")
"""Words that stand for something: no fields, no calls."""

_BOUND = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*([A-Za-z_]\w*)\s*,")
_OWN = frozenset(
    ("true", "false", "null", "in", "int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type")
)
"""Words of the language."""

_UNKNOWN = re.compile(r"Undefined variable or function: '([^']+)'")


class ExpressionInvalid(ValueError):
    """The text is no expression; the message points at the character."""


class Expression:
    """A condition that an event meets or not."""

    def __init__(self, text: str) -> None:
        """Raises ExpressionInvalid."""
        self.text = text
        try:
            self._program = cel.compile(text)
        except ValueError as error:
            # The parser's own report, which marks the place, behind the sentence that repeats the whole text.
            raise ExpressionInvalid(f"this is no expression: {str(error).partition(': ')[2]}") from None
        self._check()

    def holds_for(self, record: Record) -> bool:
        """Whether it is true. What an event does not have makes it false; so does one that cannot be read."""
        try:
            return self._program.execute(facts_of(record)) is True
        except (ArithmeticError, KeyError, RuntimeError, TypeError, ValueError, EnvelopeInvalid):
            return False

    def _check(self) -> None:
        """A name that no event has is a slip of the pen, not a condition that is never met."""
        bare = _STRINGS.sub(lambda found: " " * len(found[0]), self.text)
        known = {*NAMES, *_OWN, *_BOUND.findall(bare)}
        # Not only where it is evaluated: behind what is false already, CEL looks at nothing.
        for word in _WORDS.finditer(bare):
            if word[0] not in known:
                raise self._unknown(word[0], word.start())
        try:
            result = self._program.execute({name: _LIKE.get(name, "") for name in NAMES})
        except RuntimeError as error:
            if unknown := _UNKNOWN.search(str(error)):
                raise self._unknown(unknown[1], bare.find(unknown[1])) from None
            return
        except (ArithmeticError, KeyError, TypeError, ValueError):
            # With the names alone nothing more can be said: a field that the data lacks, a comparison of types.
            return
        if not isinstance(result, bool):
            raise ExpressionInvalid(f"this is neither true nor false of an event\n  {self.text}\n  ^")

    def _unknown(self, name: str, at: int) -> ExpressionInvalid:
        told = f"nothing is called {name!r}; there are {', '.join(NAMES)}"
        return ExpressionInvalid(f"{told}\n  {self.text}\n  {' ' * at}^")


def facts_of(record: Record) -> dict[str, Any]:
    """What an expression is asked about. Raises EnvelopeInvalid, ValueError for a record that cannot be read."""
    envelope = decode_envelope(record.headers)
    return {
        "type": envelope.type,
        "actor": str(envelope.actor or ""),
        "key": record.key.decode(errors="replace"),
        "data": msgspec.json.decode(record.value),
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "time": record.timestamp,
        "id": str(envelope.id),
        "correlation": str(envelope.correlation),
    }

"""The envelope as record headers: CloudEvents 1.0, Kafka protocol binding, binary content mode."""

from collections.abc import Iterable

import msgspec

from libs.events.envelope import Envelope
from libs.events.errors import EnvelopeInvalid

Headers = tuple[tuple[str, bytes], ...]

_VERSION = "ce_dataversion"
_FIXED = (("ce_specversion", b"1.0"), ("content-type", b"application/json"))
_NAMES = frozenset(field.encode_name for field in msgspec.structs.fields(Envelope))
_KNOWN = _NAMES | {name for name, _ in _FIXED}
_MAX_DIGITS = 9


def encode_envelope(envelope: Envelope) -> Headers:
    """The headers of an event: the fixed ones first, what is None left out."""
    attributes: dict[str, str | int] = msgspec.to_builtins(envelope)
    return _FIXED + tuple((name, str(value).encode()) for name, value in attributes.items())


def decode_envelope(headers: Iterable[tuple[str, bytes]]) -> Envelope:
    """The envelope in a record's headers; headers that are not ours are ignored.

    Raises EnvelopeInvalid, and nothing else whatever the bytes, for one that is missing, twice there or malformed.
    """
    found = _collect(headers)
    for name, value in _FIXED:
        if found.pop(name, None) != value:
            raise EnvelopeInvalid(f"header {name} must be there and say {value.decode()}")
    attributes = {name: _text(name, value) for name, value in found.items()}
    if _VERSION in attributes:
        attributes[_VERSION] = _number(_VERSION, found[_VERSION])
    try:
        return msgspec.convert(attributes, Envelope)
    except msgspec.ValidationError as error:
        # msgspec names the header: "Invalid UUID - at `$.ce_id`", "Object missing required field `ce_type`".
        raise EnvelopeInvalid(f"these headers are no envelope: {error}") from None


def _collect(headers: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, value in headers:
        if name in _KNOWN:
            if name in found:
                raise EnvelopeInvalid(f"header {name} is there twice")
            found[name] = value
    return found


def _text(name: str, value: bytes | None) -> str | int:
    if value is None:  # Kafka has headers without a value
        raise EnvelopeInvalid(f"header {name} has no value")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise EnvelopeInvalid(f"header {name} is not UTF-8") from None


def _number(name: str, value: bytes) -> int:
    if not value.isdigit() or len(value) > _MAX_DIGITS:
        raise EnvelopeInvalid(f"header {name} is no whole number from 1 to 999999999")
    return int(value)

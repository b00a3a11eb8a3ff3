"""The envelope as record headers: CloudEvents 1.0, Kafka protocol binding, binary content mode."""

from collections.abc import Mapping, Sequence

import msgspec

from libs.events.envelope import Envelope
from libs.events.errors import EnvelopeInvalid
from libs.events.ids import is_v7

Headers = tuple[tuple[str, bytes], ...]

_VERSION = "ce_dataversion"
FIXED = (("ce_specversion", b"1.0"), ("content-type", b"application/json"))
"""The headers that every event has alike."""
_NAMES = frozenset(field.encode_name for field in msgspec.structs.fields(Envelope))
_OURS = _NAMES | {name for name, _ in FIXED}
_MAX_DIGITS = 9


def encode_envelope(envelope: Envelope) -> Headers:
    """The headers of an event: the fixed ones first, what is None left out.

    Raises EnvelopeInvalid for an envelope that `decode_envelope` would refuse: what cannot be read is not written.
    """
    attributes: dict[str, str | int] = msgspec.to_builtins(envelope)
    _convert(attributes)
    return FIXED + tuple((name, str(value).encode()) for name, value in attributes.items())


def decode_envelope(headers: Sequence[tuple[str, bytes]]) -> Envelope:
    """The envelope in a record's headers; headers that are not ours are ignored.

    Raises EnvelopeInvalid, and nothing else whatever the bytes, for one that is missing, twice there or malformed.
    """
    found = dict(headers)
    if len(found) != len(headers):
        _refuse_doubles(headers)
    for name, value in FIXED:
        if found.get(name) != value:
            raise EnvelopeInvalid(f"header {name} must be there and say {value.decode()}")
    try:
        attributes: dict[str, str | int] = {name: found[name].decode() for name in found if name in _NAMES}
    except (AttributeError, UnicodeDecodeError):
        raise EnvelopeInvalid(f"header {_unreadable(found)} must be text in UTF-8") from None
    attributes[_VERSION] = _version(found)
    return _convert(attributes)


def _convert(attributes: Mapping[str, str | int]) -> Envelope:
    try:
        envelope = msgspec.convert(attributes, Envelope)
    except msgspec.ValidationError as error:
        # msgspec names the header: "Invalid UUID - at `$.ce_id`", "Object missing required field `ce_type`".
        raise EnvelopeInvalid(f"these headers are no envelope: {error}") from None
    if not is_v7(envelope.id):
        raise EnvelopeInvalid(f"header ce_id must be a UUIDv7, not {envelope.id}")
    return envelope


def _refuse_doubles(headers: Sequence[tuple[str, bytes]]) -> None:
    names = [name for name, _ in headers if name in _OURS]
    doubles = [name for name in names if names.count(name) > 1]
    if doubles:
        raise EnvelopeInvalid(f"header {doubles[0]} is there twice")


def _version(found: Mapping[str, bytes]) -> int:
    digits = found.get(_VERSION, b"")
    if not digits.isdigit() or len(digits) > _MAX_DIGITS:
        raise EnvelopeInvalid(f"header {_VERSION} must be there and be a whole number from 1")
    return int(digits)


def _unreadable(found: Mapping[str, bytes | None]) -> str:
    """Which header it is; Kafka has headers without a value, too."""
    return next(name for name, value in found.items() if name in _NAMES and not _is_text(value))


def _is_text(value: bytes | None) -> bool:
    try:
        return value is not None and value.decode() is not None
    except UnicodeDecodeError:
        return False

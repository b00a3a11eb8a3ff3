"""Between events and records: sealing on the way in, dispatch on (type, version) on the way out."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple
from uuid import UUID

import msgspec

from libs.events.envelope import Envelope, Meta
from libs.events.errors import DataInvalid, EnvelopeInvalid, EventInvalid, KeyGone, NewerVersion
from libs.events.event import Event, EventSpec, spec_named, spec_of, subject_of
from libs.events.headers import Headers, decode_envelope, encode_envelope
from libs.events.sealing import SealingKey, seal
from libs.events.versions import Data, upcast

_encoder = msgspec.json.Encoder()
_data_decoder = msgspec.json.Decoder(Data)


class RecordParts(NamedTuple):
    """An event as a record of the log: key (the subject's text), value (JSON) and headers (the envelope)."""

    key: bytes
    value: bytes
    headers: Headers


class Decoded(NamedTuple):
    """An event read from the log. Its personal fields hold sealed tokens."""

    envelope: Envelope
    event: Event

    def meta(self, topic: str, partition: int, offset: int, log_time: int) -> Meta:
        """The envelope with the event's place; `log_time` in milliseconds since 1970 UTC."""
        return Meta(envelope=self.envelope, topic=topic, partition=partition, offset=offset, log_time=log_time)


class UnknownType(NamedTuple):
    """A record whose type this program does not know: to be skipped and counted."""

    envelope: Envelope


def to_record_parts(event: Event, envelope: Envelope, key: SealingKey | None = None) -> RecordParts:
    """Seal and encode an event. `key` is that of the account in the type's owner field; None if nothing is personal.

    Raises KeyGone where it needs one; EventInvalid for an envelope or a key of another event, and for data that
    could not be read back.
    """
    spec = spec_of(event)
    subject = subject_of(event)
    if (envelope.type, envelope.version, envelope.subject) != (spec.type, spec.version, subject):
        raise EventInvalid(f"the envelope of {envelope.type} {envelope.subject} does not fit {spec.type} {subject}")
    try:
        value = _encoder.encode(_sealed(event, spec, envelope.id, key))
        _decoder(spec.cls).decode(value)
        return RecordParts(subject.encode(), value, encode_envelope(envelope))
    except (EnvelopeInvalid, msgspec.ValidationError, UnicodeEncodeError) as error:
        raise EventInvalid(f"{spec.type} {subject} cannot be written: {error}") from error


def decode(headers: Sequence[tuple[str, bytes]], value: bytes) -> Decoded | UnknownType:
    """Read a record: the envelope first, then the data by (type, version).

    Raises EnvelopeInvalid, DataInvalid or NewerVersion (all Undecodable), and nothing else whatever the bytes; only
    a program that lacks a declared version's upcaster, which the compatibility gate sees, raises UpcasterMissing.
    """
    envelope = decode_envelope(headers)
    event = decode_data(envelope, value)
    return UnknownType(envelope) if event is None else Decoded(envelope, event)


def decode_data(envelope: Envelope, value: bytes) -> Event | None:
    """The event of an envelope; None for an unknown type. Raises DataInvalid, NewerVersion."""
    spec = spec_named(envelope.type)
    if spec is None:
        return None
    if envelope.version > spec.version:
        raise NewerVersion(f"{spec.type} is known up to version {spec.version}, this one is {envelope.version}")
    try:
        if envelope.version == spec.version:
            return _decoder(spec.cls).decode(value)
        data = upcast(spec.type, envelope.version, spec.version, _data_decoder.decode(value))
        return msgspec.convert(data, spec.cls)
    except (LookupError, RecursionError, TypeError, ValueError) as error:
        # ValueError is msgspec's own base; the others come from upcasters that met broken data.
        raise DataInvalid(f"{spec.type} v{envelope.version} {envelope.id}: {error}") from error


@cache
def _decoder(cls: type[Event]) -> msgspec.json.Decoder[Event]:
    return msgspec.json.Decoder(cls)


def _sealed(event: Event, spec: EventSpec, event_id: UUID, key: SealingKey | None) -> Event:
    if spec.owner is None or not spec.personal:
        return event
    owner = getattr(event, spec.owner)
    if key is None:
        raise KeyGone(f"{spec.type} must be sealed with the key of account {owner}, which is gone")
    if key.account != owner:
        raise EventInvalid(f"{spec.type} must be sealed with the key of account {owner}")
    texts = {field: getattr(event, field) for field in spec.personal}
    tokens = {field: seal(text, key, event_id, field) for field, text in texts.items() if text is not None}
    return msgspec.structs.replace(event, **tokens)

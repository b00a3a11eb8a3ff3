"""One record with other data in it: what an operator put in an event's place."""

import msgspec

from libs.events import Decoded, Undecodable, decode, spec_of, subject_of
from libs.log import Record

VERSION = "ce_dataversion"


class NotItsPlace(ValueError):
    """The data cannot stand in this record's place. The message says why."""


def replaced(record: Record, version: int, value: bytes) -> Record:
    """The record with `value` (JSON, personal fields sealed) as its data, of that version of its type.

    Raises NotItsPlace for data that cannot be read as its type, or would belong to another key.
    """
    headers = tuple((name, str(version).encode() if name == VERSION else text) for name, text in record.headers)
    new = msgspec.structs.replace(record, value=value, headers=headers)
    try:
        decoded = decode(new.headers, new.value)
    except Undecodable as error:
        raise NotItsPlace(str(error)) from error
    if not isinstance(decoded, Decoded):
        raise NotItsPlace(f"{decoded.envelope.type} is a type that this program does not know")
    if subject_of(decoded.event) != decoded.envelope.subject:
        raise NotItsPlace(f"{spec_of(decoded.event).key} must stay {decoded.envelope.subject}: it is the event's key")
    return new

"""From what an operator typed to data that can be folded in an event's place."""

from uuid import UUID

import msgspec

from libs.events import EventSpec, Keys, SealingKey, decode_envelope, seal, spec_named
from libs.events.errors import EnvelopeInvalid
from libs.log import Record
from libs.projections.redrive import Edit
from libs.projections.replacing import NotItsPlace, replaced
from qiao.sealed import is_token

Data = dict[str, object]


class EditInvalid(ValueError):
    """These data cannot be folded in the event's place. The message says why."""


async def edit_of(record: Record, text: bytes, keys: Keys, *, everywhere: bool) -> Edit:
    """The data of `text` (JSON, the newest version of the event's type), personal fields sealed.

    A personal field that is left out, or given as the token that the event has, stays that token; clear text is sealed
    with the key of whose it is. Raises EditInvalid, and what `keys` raises.
    """
    try:
        envelope = decode_envelope(record.headers)
    except EnvelopeInvalid as error:
        raise EditInvalid(f"the event's envelope cannot be read, so it can only be discarded: {error}") from None
    spec = spec_named(envelope.type)
    if spec is None:
        raise EditInvalid(f"{envelope.type} is a type that this program does not know")
    data, before = _object(text), _before(record)
    _check_owner(spec, data, before)
    sealed = await _sealed(spec, envelope.id, data, before, keys)
    edit = Edit(version=spec.version, data=msgspec.json.encode(sealed).decode(), everywhere=everywhere)
    try:
        replaced(record, edit.version, edit.data.encode())
    except NotItsPlace as error:
        raise EditInvalid(str(error)) from None
    return edit


def _object(text: bytes) -> Data:
    try:
        return msgspec.json.decode(text, type=Data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EditInvalid(f"a JSON object is needed: {error}") from None


def _before(record: Record) -> Data:
    """What the event has, as far as that can be read."""
    try:
        return msgspec.json.decode(record.value, type=Data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def _check_owner(spec: EventSpec, data: Data, before: Data) -> None:
    """Whose words it holds decides who can read and erase them."""
    if spec.owner is not None and before.get(spec.owner) not in (None, data.get(spec.owner)):
        raise EditInvalid(f"{spec.owner} must stay {before[spec.owner]}")


async def _sealed(spec: EventSpec, event: UUID, data: Data, before: Data, keys: Keys) -> Data:
    kept = {field: before[field] for field in spec.personal if field not in data and is_token(before.get(field))}
    given = {field: data[field] for field in spec.personal if isinstance(data.get(field), str)}
    clear = {field: str(value) for field, value in given.items() if value != before.get(field)}
    if odd := [field for field, value in clear.items() if is_token(value)]:
        raise EditInvalid(
            f"{odd[0]} is a sealed text, but not the one of this event: give it in clear, or leave it out"
        )
    if not clear:
        return data | kept
    key = await _key(spec, data, keys)
    return data | kept | {field: seal(value, key, event, field) for field, value in clear.items()}


async def _key(spec: EventSpec, data: Data, keys: Keys) -> SealingKey:
    try:
        owner = UUID(str(data.get(spec.owner or "")))
    except ValueError:
        raise EditInvalid(f"{spec.owner} must be the id of an account") from None
    key = await keys.key_for(owner)
    if key is None:
        raise EditInvalid(f"nothing new can be sealed for {owner}: the account was erased, or never was")
    return key

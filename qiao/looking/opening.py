"""What people wrote, beside the sealed tokens that stand in the log."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from libs.events import Keys, SealBroken, SealingKey, Undecodable, decode_data, open_token, owner_of, spec_of
from qiao.tailing.lines import Line

Tokens = Mapping[str, str]
"""Personal field -> sealed token."""


async def opened(lines: Sequence[Line], keys: Keys) -> list[Line]:
    """The lines with what their personal fields say; None is what the keys do not open: its owner was erased, mostly.

    Raises what `keys` raises.
    """
    tokens = [_tokens(line) for line in lines]
    owners = {owner for each in tokens for token in each.values() if (owner := _owner(token)) is not None}
    found = await keys.keys_for(owners) if owners else {}
    return [
        msgspec.structs.replace(line, opened={field: _text(token, found) for field, token in each.items()})
        if each
        else line
        for line, each in zip(lines, tokens, strict=True)
    ]


def says(line: Line, text: str) -> bool:
    """Whether one of the opened fields has the text in it, in whatever case."""
    return any(text.casefold() in (each or "").casefold() for each in line.opened.values())


def _tokens(line: Line) -> Tokens:
    if line.envelope is None or line.data is None:
        return {}
    try:
        event = decode_data(line.envelope, bytes(line.data))
    except Undecodable:
        return {}
    if event is None:
        return {}
    found = {field: getattr(event, field) for field in spec_of(event).personal}
    return {field: token for field, token in found.items() if token is not None}


def _owner(token: str) -> UUID | None:
    try:
        return owner_of(token)
    except SealBroken:
        return None


def _text(token: str, keys: Mapping[UUID, SealingKey]) -> str | None:
    key = keys.get(owner) if (owner := _owner(token)) is not None else None
    try:
        return open_token(token, key) if key is not None else None
    except SealBroken:
        return None

"""What people wrote, in place of the sealed tokens that stand for it, for who has the keys."""

import re
from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from libs.events import Keys, SealBroken, SealingKey, open_token, owner_of

Json = object
"""What JSON decodes to."""

_TOKEN = re.compile(r"[sp]1\.\w+\.[\w-]+", re.ASCII)


def is_token(value: Json) -> bool:
    """Whether it has the form of a sealed token."""
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


async def texts_of(tokens: Collection[str], keys: Keys) -> Mapping[str, str | None]:
    """What each of these says; None is what the keys do not open: its owner was erased, mostly. Raises as `keys`."""
    owners = {token: owner for token in tokens if (owner := _owner(token)) is not None}
    found = await keys.keys_for(set(owners.values())) if owners else {}
    return {token: _text(token, found.get(owners[token])) if token in owners else None for token in tokens}


async def opened(value: Json, keys: Keys) -> Json:
    """The same with every token replaced by its text, None where that is lost. Raises what `keys` raises."""
    return _replaced(value, await texts_of(set(_tokens(value)), keys))


def _tokens(value: Json) -> Iterator[str]:
    if isinstance(value, str) and is_token(value):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _tokens(part)


def _owner(token: str) -> UUID | None:
    try:
        return owner_of(token)
    except SealBroken:
        return None


def _text(token: str, key: SealingKey | None) -> str | None:
    try:
        return open_token(token, key) if key is not None else None
    except SealBroken:
        return None


def _replaced(value: Json, texts: Mapping[str, str | None]) -> Json:
    if isinstance(value, str):
        return texts.get(value, value)
    if isinstance(value, dict):
        return {name: _replaced(part, texts) for name, part in value.items()}
    return [_replaced(part, texts) for part in value] if isinstance(value, list) else value

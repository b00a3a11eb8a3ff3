"""Whom and what a person means: a handle or an id."""

from uuid import UUID

from libs.events import AccountRegistered, Decoded, Undecodable, decode
from libs.log import Record
from qiao.capturing.capture import NothingNamed
from qiao.capturing.reading import stretches
from qiao.sources import Source

TOPIC = "accounts"


async def account_named(source: Source, text: str) -> UUID:
    """The account of a handle (with or without @), or of its id. Raises NothingNamed, LogUnavailable.

    Of two that registered one handle the earlier (log time, account) owns it, as in every fold.
    """
    try:
        return UUID(text)
    except ValueError:
        handle = text.removeprefix("@").lower()
    claims = [claim for claim in await _registered(source, handle) if claim is not None]
    if not claims:
        raise NothingNamed(f"nobody is called @{handle} in {source.name}")
    return min(claims)[1]


async def _registered(source: Source, handle: str) -> list[tuple[int, UUID] | None]:
    bounds = {place: each for place, each in source.bounds.items() if place.topic == TOPIC}
    needle = handle.encode()
    return [
        _claim(record, handle)
        async for stretch in stretches(source.log, bounds)
        for record in stretch.records
        if needle in record.value
    ]


def _claim(record: Record, handle: str) -> tuple[int, UUID] | None:
    try:
        decoded = decode(record.headers, record.value)
    except Undecodable:
        return None
    if isinstance(decoded, Decoded) and isinstance(decoded.event, AccountRegistered) and decoded.event.handle == handle:
        return record.timestamp, decoded.event.account
    return None

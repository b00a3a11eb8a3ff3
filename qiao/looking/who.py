"""Whom a person means: a handle or an id."""

from uuid import UUID

from libs.log import LogError
from libs.log.stretches import stretches
from libs.views import Reads
from qiao.looking.naming import TOPIC, registration
from qiao.sources import Source
from services.feeds.tables import PEOPLE


class NobodyNamed(LogError):
    """Nobody in the log has the handle that was asked for."""


def handle_of(text: str) -> str:
    """The handle that somebody wrote, with or without @ and in whatever case, as it is kept."""
    return text.removeprefix("@").lower()


async def account_in(reads: Reads, text: str) -> UUID | None:
    """The account of an id, or of a handle as the tables have it; None for nobody's. Raises ViewsUnavailable."""
    try:
        return UUID(text)
    except ValueError:
        return await PEOPLE.account_of(reads, handle_of(text))


async def account_named(source: Source, text: str) -> UUID:
    """The account of a handle (with or without @), or of its id. Raises NobodyNamed, LogUnavailable.

    Of two that registered one handle the earlier (log time, account) owns it, as in every fold.
    """
    try:
        return UUID(text)
    except ValueError:
        handle = handle_of(text)
    claims = await _claims(source, handle)
    if not claims:
        raise NobodyNamed(f"nobody is called @{handle} in {source.name}")
    return min(claims)[1]


async def _claims(source: Source, handle: str) -> list[tuple[int, UUID]]:
    """Log time and account of everyone who registered it."""
    bounds = {place: each for place, each in source.bounds.items() if place.topic == TOPIC}
    needle = handle.encode()
    return [
        (record.timestamp, found[0])
        async for stretch in stretches(source.log, bounds)
        for record in stretch.records
        if needle in record.value and (found := registration(record)) is not None and found[1] == handle
    ]

"""What a handler would read of a parked event's own key, as it is now."""

from collections.abc import Sequence

import msgspec

from libs.events import Undecodable
from libs.log import Record
from libs.projections import Projection
from libs.projections.batch import read_needs
from libs.projections.sorting import item_of
from libs.views import Reads


class RowRead(msgspec.Struct, frozen=True, kw_only=True):
    """A row that the handler's first phase would read."""

    table: str
    key: Sequence[str]
    row: object | None
    """As JSON, personal fields sealed; None where there is none."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to read for an event."""

    handler: bool
    """Whether the projection has one for it."""
    rows: Sequence[RowRead] = ()
    second_phase: bool = False
    """Whether it goes on to read other keys once its own rows are written."""
    error: str = ""
    """Why it cannot be said: the event does not decode, or naming its rows fails."""


async def reading_of(reads: Reads, projection: Projection, record: Record) -> Reading:
    """What its handler would read first. Raises ViewsUnavailable."""
    try:
        # The epoch leads stamps, and nothing is written here.
        item = item_of(projection, 0, record)
    except Undecodable as error:
        return Reading(handler=False, error=str(error))
    except Exception as error:  # noqa: BLE001 - whatever the handler raises about it is what it is parked for
        return Reading(handler=True, error=repr(error))
    if item is None:
        return Reading(handler=False)
    found = await read_needs(reads, [item])
    rows = [
        RowRead(table=need.table.name, key=[str(part) for part in need.key], row=msgspec.to_builtins(row))
        for need, row in found.items()
    ]
    return Reading(handler=True, rows=rows, second_phase=item.handler.after is not None)

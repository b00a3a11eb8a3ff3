"""What folding one event would do, before it is done: the rows it reads, and those it writes beside what is there."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from libs.events import Event
from libs.projections.batch import Batch, Item, read_needs
from libs.projections.projection import Need, Projection
from libs.projections.second import rehearse_seconds
from libs.projections.tallies import tally_puts
from libs.views import Key, Put, Reads, Table
from libs.views.overlay import Overlay
from libs.views.recording import Asked, Recording


class Change(NamedTuple):
    """A row that would be written. `before` is None where there is none yet."""

    table: Table[Any]
    key: Key
    before: msgspec.Struct | None
    after: msgspec.Struct

    @property
    def alike(self) -> bool:
        """Whether it is there like this already."""
        return self.before == self.after


class Preview(NamedTuple):
    """What one projection would make of one event."""

    projection: str
    read: dict[Need, msgspec.Struct | None]
    """What its handler reads of its own key."""
    later: Sequence[Asked]
    """What it reads of other keys, in order, once its own rows are written."""
    changes: Sequence[Change]
    """In the order of writing: tallies, rows, second phase."""
    refusals: Sequence[str]
    emissions: Sequence[Event]


async def preview(projection: Projection, reads: Reads, item: Item) -> Preview:
    """Fold one event over `reads` and write nothing. Raises what the handlers raise, ViewsUnavailable."""
    read = await read_needs(reads, [item])
    batch = Batch(projection, read)
    batch.fold(item)
    first = [*await tally_puts(projection, reads, batch.deltas), *batch.puts.values()]
    later = Recording(Overlay(reads, first))
    second = await rehearse_seconds(later, batch.seconds)
    emissions = [emission.event for emission in batch.emissions]
    changes = await changes_of(reads, [*first, *second])
    return Preview(projection.name, read, later.asked, changes, batch.refusals, emissions)


async def changes_of(reads: Reads, puts: Sequence[Put]) -> list[Change]:
    """The puts beside the rows that are there now. Raises ViewsUnavailable."""
    changes = []
    for put in puts:
        key = put.table.key_of(put.row)
        changes.append(Change(put.table, key, await reads.get(put.table, *key), put.row))
    return changes

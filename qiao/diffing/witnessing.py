"""A replay that notes, event by event, what becomes of some rows: that is how two versions of the code are told apart.

It goes through a file, because the other version is another program, in a process of its own.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from libs.log.merging import Instant, Ordered
from libs.projections.sorting import type_of
from qiao.diffing.differences import Columns
from qiao.replay.opening import Replay
from qiao.replay.rows import address, reading, row_at, tables_in
from qiao.replay.running import Left, cut
from qiao.replay.scratch import VIEWS, usable

FILE = "witnessed.jsonl"
"""In the folder of the replay."""


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A row to look at: its table, and its key as JSON has it."""

    table: str
    key: Mapping[str, object]

    @property
    def address(self) -> str:
        """What the row is called."""
        return address(self.table, self.key)


class Witnessed(msgspec.Struct, frozen=True, kw_only=True):
    """What a watched row was after an event that changed it."""

    at: Instant
    type: str
    row: str
    columns: Columns | None


_decode = msgspec.json.Decoder(Witnessed).decode


class Witness:
    """Looks at rows after every event, and remembers what they were."""

    def __init__(self, connection: sqlite3.Connection, watched: Sequence[Watched]) -> None:
        """`connection` reads the views that are folded into."""
        tables = {table.name: table for table in tables_in(connection)}
        self._connection = connection
        self._rows = [(each, tables[each.table]) for each in watched if each.table in tables]
        self._last: dict[str, Columns | None] = {}

    def changed(self, event: Ordered) -> Iterator[Witnessed]:
        """The rows that are not as they were before this event. Raises sqlite3.Error."""
        for watched, table in self._rows:
            found = row_at(self._connection, table, watched.key)
            columns = found.columns if found else None
            if columns != self._last.get(watched.address):
                self._last[watched.address] = columns
                yield Witnessed(at=event.at, type=type_of(event.record), row=watched.address, columns=columns)


async def witness(replay: Replay, left: Left, watched: Sequence[Watched]) -> int:
    """Fold one event at a time and write down what becomes of the watched rows; the number of records.

    Raises LogError, ViewsUnavailable, ScratchRefused.
    """
    directory, records = replay.scratch.directory, 0
    with reading(directory / VIEWS) as connection, usable(directory / FILE), (directory / FILE).open("wb") as file:
        seen = Witness(connection, watched)
        async for stretch in cut(replay.source.log, left, replay.until):
            for each in stretch:
                await replay.replayer.fold([each.record])
                await replay.scratch.views.commit()
                file.writelines(msgspec.json.encode(found) + b"\n" for found in seen.changed(each))
            records += len(stretch)
    await replay.scratch.done(records)
    return records


def read_witnessed(directory: Path) -> list[Witnessed]:
    """What a replay wrote down, in the canonical order. Raises ScratchRefused, msgspec.DecodeError."""
    with usable(directory / FILE), (directory / FILE).open("rb") as file:
        return [_decode(line) for line in file]

"""The rows that a slice folds into, under the code that is here now."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from uuid import UUID

from qiao.replay.opening import open_replay
from qiao.replay.rows import StoredTable, address, reading, rows_of, tables_in
from qiao.replay.scratch import VIEWS
from qiao.replay.until import Until
from qiao.settings import Settings
from qiao.sources import open_source

Row = Mapping[str, object]
"""Column -> value as JSON has it, the key's left out."""

Rows = Mapping[str, Row]
"""`feeds.cards(post=0190..., facet=created)` -> the row."""


async def folded_rows(path: Path, about: Iterable[UUID] = ()) -> Rows:
    """Every row of every table, or those whose keys hold one of these ids. The tables are made anew and thrown away.

    Raises what opening a slice and folding raise.
    """
    settings = Settings()
    with tempfile.TemporaryDirectory(prefix="qiao-slice-") as folder:
        directory = Path(folder) / "tables"
        async with open_source(str(path), settings) as source, open_replay(settings, source, Until(), directory) as it:
            await it.run(await it.left())
            as_of = it.scratch.note.as_of
        return dict(_rows(directory / VIEWS, as_of, frozenset(map(str, about))))


def _rows(path: Path, as_of: int, about: frozenset[str]) -> Iterator[tuple[str, Row]]:
    with reading(path) as connection:
        for table in tables_in(connection):
            for row in rows_of(connection, table, as_of):
                key, columns = _parted(table, row.columns)
                if not about or about & set(map(str, key.values())):
                    yield address(table.name, key), columns


def _parted(table: StoredTable, columns: Row) -> tuple[Row, Row]:
    """The key and the rest."""
    key = {name: columns[name] for name in table.key}
    return key, {name: value for name, value in columns.items() if name not in key}

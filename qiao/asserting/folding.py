"""The rows that a slice folds into, under the code that is here now."""

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import msgspec

from libs.log.slices import Manifest
from libs.projections.amendments import load_amendments
from libs.projections.replaying import Replayer
from libs.views.schema import Declaration
from qiao.replay.running import left_of, run
from qiao.replay.scratch import VIEWS, Note, open_scratch
from qiao.replay.until import Until
from qiao.services import projections
from qiao.settings import Settings
from qiao.sources import Source, open_source

Row = Mapping[str, object]
"""Column -> value as JSON has it."""

Rows = Mapping[str, Row]
"""`feeds.cards post=0190... facet=created` -> the row."""


async def folded_rows(path: Path, about: Iterable[UUID] = ()) -> Rows:
    """Every row of every table, or those whose keys hold one of these ids. The tables are made anew and thrown away.

    Raises what opening a slice and folding raise.
    """
    with tempfile.TemporaryDirectory(prefix="qiao-slice-") as folder:
        directory = Path(folder) / "tables"
        async with open_source(str(path), Settings()) as source:
            await _fold(source, directory)
        return dict(_rows(directory / VIEWS, frozenset(map(str, about))))


async def _fold(source: Source, directory: Path) -> None:
    folded = projections(Settings(), ())
    note = Note(source=source.name, slice=None, until="", services=(), as_of=as_of(source.manifest))
    async with open_scratch(directory, note, folded) as scratch:
        amendments = await load_amendments(source.log, None)
        replayer = Replayer(folded, scratch.views, epochs=source.epochs, amend=amendments.apply)
        await run(source.log, await left_of(source, replayer, Until()), replayer, Until())


def as_of(manifest: Manifest | None) -> int:
    """The moment that a slice shows: what expires counts from there, so that it gives the same rows next year."""
    return (manifest.selection.until or manifest.taken_at) if manifest else 0


def _rows(path: Path, about: frozenset[str]) -> Iterator[tuple[str, Row]]:
    newest = "SELECT table_name, max(version), declaration FROM schema_versions GROUP BY table_name ORDER BY table_name"
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
        for name, _, text in connection.execute(newest).fetchall():
            declaration = msgspec.json.decode(text, type=Declaration)
            if declaration.kind != "system":
                yield from _rows_of(connection, name, declaration, about)


def _rows_of(
    connection: sqlite3.Connection, name: str, declaration: Declaration, about: frozenset[str]
) -> Iterator[tuple[str, Row]]:
    columns = sorted(declaration.columns)
    key = [*declaration.partition, *(column for column, _ in declaration.clustering)]
    quoted = ", ".join(f'"{column}"' for column in columns)
    order = ", ".join(f'"{column}"' for column in key)
    for values in connection.execute(f'SELECT {quoted} FROM "{name}" ORDER BY {order}'):  # noqa: S608 - declared names
        row = {c: _plain(declaration.columns[c], v) for c, v in zip(columns, values, strict=True)}
        named = {column: row.pop(column) for column in key}
        if not about or about & {str(value) for value in named.values()}:
            yield " ".join((name, *(f"{column}={value}" for column, value in named.items()))), row


def _plain(kind: str, value: object) -> object:
    """As JSON has it; what a column of JSON holds is taken apart, so that a difference shows where it is."""
    if isinstance(value, bytes):
        return str(UUID(bytes=value)) if kind == "uuid" else value.hex()
    if isinstance(value, str) and kind in _JSON:
        return json.loads(value)
    return value


_JSON = frozenset({"json", "uuids", "texts"})

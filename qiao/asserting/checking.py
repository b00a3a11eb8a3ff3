"""Holding rows against what they should be."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec

from qiao.asserting.folding import Row, Rows, folded_rows


def check_rows(slice_path: Path, rows_path: Path) -> None:
    """Fold the slice; raise AssertionError with a diff unless every row that the JSON file names is as it says.

    A row that should not be is named with null.
    """
    expected = msgspec.json.decode(rows_path.read_bytes(), type=dict[str, dict[str, object] | None])
    found = asyncio.run(folded_rows(slice_path))
    lines = [line for key, row in expected.items() for line in difference(key, row, found.get(key))]
    if lines:
        raise AssertionError("\n".join((f"{slice_path.name} folds into other rows (- expected, + found):", *lines)))


def difference(key: str, expected: Row | None, found: Row | None) -> Iterator[str]:
    """The lines of a row diff; none where both are the same."""
    if expected == found:
        return
    yield f"  {key}"
    if expected is None or found is None:
        yield f"-   {_text(expected)}"
        yield f"+   {_text(found)}"
        return
    for column in sorted(expected.keys() | found.keys()):
        before, after = expected.get(column), found.get(column)
        if before != after:
            yield f"-   {column}: {_text(before)}"
            yield f"+   {column}: {_text(after)}"


def _text(value: object) -> str:
    return "no such row" if value is None else msgspec.json.encode(value).decode()


def rows_as_json(rows: Rows) -> bytes:
    """The JSON file, to be read and changed by hand."""
    return msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n"

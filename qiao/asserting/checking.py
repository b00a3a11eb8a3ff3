"""Holding rows against what they should be."""

import asyncio
from pathlib import Path

import msgspec

from qiao.asserting.folding import Rows, folded_rows
from qiao.diffing.differences import row_lines


def check_rows(slice_path: Path, rows_path: Path) -> None:
    """Fold the slice; raise AssertionError with a diff unless every row that the JSON file names is as it says.

    A row that should not be is named with null.
    """
    expected = msgspec.json.decode(rows_path.read_bytes(), type=dict[str, dict[str, object] | None])
    found = asyncio.run(folded_rows(slice_path))
    lines = [line.plain for name, row in expected.items() for line in row_lines(name, row, found.get(name))]
    if lines:
        raise AssertionError("\n".join((f"{slice_path.name} folds into other rows (- expected, + found):", *lines)))


def rows_as_json(rows: Rows) -> bytes:
    """The JSON file, to be read and changed by hand."""
    return msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n"

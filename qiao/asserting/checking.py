"""Holding rows against what they should be."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import msgspec

from qiao.asserting.folding import Row, Rows, folded_rows
from qiao.diffing.differences import row_lines

Expected = Mapping[str, Row | None]
"""The rows that a JSON file names, and what they should be; None for one that should not be."""


def check_rows(slice_path: Path, rows_path: Path) -> None:
    """Fold the slice; raise AssertionError with a diff unless every row that the JSON file names is as it says.

    Columns that the file leaves out may be anything. A row that should not be is named with null.
    """
    expected = rows_from_json(rows_path)
    found = asyncio.run(folded_rows(slice_path))
    lines = [
        line.plain for name, row in expected.items() for line in row_lines(name, row, _asked(row, found.get(name)))
    ]
    if lines:
        raise AssertionError("\n".join((f"{slice_path.name} folds into other rows (- expected, + found):", *lines)))


def _asked(expected: Row | None, found: Row | None) -> Row | None:
    """What was found, as far as it is asked for."""
    if expected is None or found is None:
        return found
    return {name: value for name, value in found.items() if name in expected}


def rows_as_json(rows: Rows) -> bytes:
    """The JSON file, to be read and changed by hand."""
    return msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n"


def rows_from_json(path: Path) -> Expected:
    """What the file names. Raises msgspec.DecodeError, OSError."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, object] | None])

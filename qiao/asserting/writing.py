"""Writing a slice down as a test: the file, the rows that it folds into now, and the few lines that compare them."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from qiao.asserting.checking import Expected, rows_as_json, rows_from_json
from qiao.asserting.folding import Row, folded_rows

FOLDER = Path("tests/slices")
_TALLY = {"count", "at"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")

_TEMPLATE = '''"""Captured by `qiao capture --as-test {name}`: what these events fold into.

{name}.rows.json names rows and what they should be; a row that should not be is null. Change it to say what was
expected, and delete rows and columns that do not matter.
"""

from pathlib import Path

from qiao.asserting import check_rows

HERE = Path(__file__).parent


def test_{name}() -> None:
    check_rows(HERE / "{name}.qiao", HERE / "{name}.rows.json")
'''


class CaseRefused(ValueError):
    """The test cannot be written: its name is none, or something is there already."""


class CaseFiles(NamedTuple):
    """The three files of a test."""

    slice: Path
    rows: Path
    code: Path


def case_files(name: str, folder: Path = FOLDER) -> CaseFiles:
    """Where they go. Raises CaseRefused for a name that is none of Python's, or a test that is there already.

    The code is written last: without it, a slice and rows are what an interruption has left.
    """
    if not _NAME.fullmatch(name):
        raise CaseRefused(f"{name!r} is no name for a test: 1 to 60 of a-z, 0-9 and _, a letter first")
    paths = CaseFiles(folder / f"{name}.qiao", folder / f"{name}.rows.json", folder / f"test_{name}.py")
    for path in (paths.code, paths.rows):
        if path.exists() and not (path == paths.rows and paths.slice.exists()):
            raise CaseRefused(f"{path} is there already: a test is never written over")
    folder.mkdir(parents=True, exist_ok=True)
    return paths


async def write_case(paths: CaseFiles, about: Iterable[UUID]) -> Expected:
    """Fold the captured slice, and write down the rows and then the test. The rows that are there in the end.

    Rows of before stay: someone may have changed them.
    """
    if not paths.rows.exists():
        rows = await folded_rows(paths.slice, about)
        _put(paths.rows, rows_as_json({name: _worth_saying(row) for name, row in rows.items()}))
    _put(paths.code, _TEMPLATE.format(name=paths.slice.stem).encode())
    return rows_from_json(paths.rows)


def _put(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    draft = path.with_name(path.name + ".partial")
    draft.write_bytes(content)
    draft.replace(path)


def _worth_saying(row: Row) -> Row:
    """Of a tally not up to where it has counted: that is another once the handler is mended."""
    return {"count": row["count"]} if row.keys() == _TALLY else row

"""Rows of a slice held against what a file says they should be."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from qiao.asserting import check_rows
from qiao.asserting.folding import Rows

FOUND: Rows = {"feeds.tallies(kind=likes)": {"count": 2, "at": 17}}

Check = Callable[[object], None]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Of this, where the slice folds into FOUND."""

    async def folded(path: Path) -> Rows:
        return FOUND

    def checked(expected: object) -> None:
        (tmp_path / "rows.json").write_bytes(msgspec.json.encode(expected))
        check_rows(tmp_path / "a.qiao", tmp_path / "rows.json")

    monkeypatch.setattr("qiao.asserting.checking.folded_rows", folded)
    return checked


def test_rows_and_columns_that_the_file_leaves_out_may_be_anything(check: Check) -> None:
    check({})
    check({"feeds.tallies(kind=likes)": {"count": 2}})


def test_a_column_that_is_another_is_shown_and_no_other(check: Check) -> None:
    with pytest.raises(AssertionError) as failed:
        check({"feeds.tallies(kind=likes)": {"count": 3}})
    assert str(failed.value).splitlines()[1:] == ["feeds.tallies(kind=likes)", "  - count: 3", "  + count: 2"]


@pytest.mark.parametrize("expected", [{"feeds.tallies(kind=likes)": None}, {"feeds.tallies(kind=saves)": {}}])
def test_a_row_too_many_and_one_that_is_not_there_fail(check: Check, expected: object) -> None:
    with pytest.raises(AssertionError):
        check(expected)

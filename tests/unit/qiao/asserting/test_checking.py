"""The row diff of a slice's test, and the names that such a test may have."""

from pathlib import Path

import pytest

from qiao.asserting import CaseRefused, case_files
from qiao.asserting.checking import difference


def test_equal_rows_differ_in_no_line() -> None:
    assert list(difference("t k=1", {"a": 1}, {"a": 1})) == []
    assert list(difference("t k=1", None, None)) == []


def test_a_row_that_differs_shows_only_the_columns_that_do() -> None:
    assert list(difference("t k=1", {"a": 1, "b": "x"}, {"a": 1, "b": "y"})) == ["  t k=1", '-   b: "x"', '+   b: "y"']


def test_a_row_that_is_missing_or_should_not_be_is_said_to_be() -> None:
    assert list(difference("t k=1", {"a": 1}, None)) == ["  t k=1", '-   {"a":1}', "+   no such row"]
    assert list(difference("t k=1", None, {"a": 1})) == ["  t k=1", "-   no such row", '+   {"a":1}']


@pytest.mark.parametrize("name", ["", "Mei", "1st", "a-b", "../up", "a" * 61])
def test_a_name_that_python_could_not_import_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CaseRefused, match="no name for a test"):
        case_files(name, tmp_path)


def test_a_test_is_never_written_over(tmp_path: Path) -> None:
    case_files("mei", tmp_path).code.write_text("")
    with pytest.raises(CaseRefused, match="is there already"):
        case_files("mei", tmp_path)

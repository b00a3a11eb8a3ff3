"""The row diff of comparisons and of a slice's test."""

from qiao.diffing.differences import Columns, row_lines


def _lines(a: Columns | None, b: Columns | None) -> list[str]:
    return [line.plain for line in row_lines("t(k=1)", a, b)]


def test_equal_rows_differ_in_no_line() -> None:
    assert _lines({"a": 1}, {"a": 1}) == []
    assert _lines(None, None) == []


def test_a_row_that_differs_shows_only_the_columns_that_do() -> None:
    assert _lines({"a": 1, "b": "x"}, {"a": 1, "b": "y"}) == ["t(k=1)", '  - b: "x"', '  + b: "y"']


def test_a_row_that_is_missing_or_should_not_be_is_said_to_be() -> None:
    assert _lines({"a": 1}, None) == ["t(k=1)", '  - {"a":1}', "  + no such row"]
    assert _lines(None, {"a": 1}) == ["t(k=1)", "  - no such row", '  + {"a":1}']

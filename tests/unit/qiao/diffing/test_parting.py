"""The first event after which two sides part: the first of the log, not of the alphabet."""

from libs.log.merging import Instant
from qiao.diffing.differences import Compared, Difference, TableCount, lines_of
from qiao.diffing.parting import first_parting, parting_from
from qiao.diffing.witnessing import Witnessed


def _seen(row: str, offset: int, count: int) -> Witnessed:
    return Witnessed(
        at=Instant(1_000 + offset, "posts", 0, offset), type="PostLiked", row=row, columns={"count": count}
    )


HISTORY = [_seen("b", 1, 1), _seen("a", 2, 1), _seen("b", 3, 2), _seen("a", 4, 2)]


def test_of_several_rows_the_one_that_parts_first_in_the_log_is_named_whatever_it_is_called() -> None:
    found = parting_from(HISTORY, {"a": {"count": 1}, "b": {"count": 1}})
    assert found is not None
    assert (found.place, found.row, found.a, found.b) == ("posts[0]@3", "b", {"count": 2}, {"count": 1})


def test_a_row_that_an_event_explains_goes_before_one_that_none_does() -> None:
    found = parting_from(HISTORY, {"a": {"count": 99}, "b": {"count": 1}})
    assert found is not None
    assert (found.place, found.row) == ("posts[0]@3", "b")


def test_a_row_that_no_event_makes_what_it_is_is_named_without_one() -> None:
    found = parting_from(HISTORY, {"a": {"count": 99}})
    assert found is not None
    assert (found.place, found.row, found.b) == ("", "a", {"count": 99})
    assert parting_from(HISTORY, {"a": {"count": 2}, "b": {"count": 2}}) is None


def test_two_folds_part_with_the_first_event_that_they_make_something_else_of() -> None:
    other = [*HISTORY[:2], _seen("b", 3, 7), _seen("a", 4, 7)]
    found = first_parting(HISTORY, other)
    assert found is not None
    assert (found.place, found.row, found.a, found.b) == ("posts[0]@3", "b", {"count": 2}, {"count": 7})
    assert first_parting(HISTORY, HISTORY) is None


def test_that_only_some_of_the_rows_were_followed_is_said() -> None:
    parting = parting_from(HISTORY, {"b": {"count": 1}})
    tables = [TableCount(table="t", same=0, differ=21, only_a=0, only_b=0)]
    row = Difference(table="t", key={}, a={}, b={})
    some = Compared(a="a", b="b", tables=tables, differences=[row], parting=parting, followed=20)
    assert "Of the first 20 of 21 rows that differ:" in "\n".join(map(str, lines_of(some, 1)))
    every = Compared(a="a", b="b", tables=tables, differences=[row], parting=parting, followed=21)
    assert "Of the first" not in "\n".join(map(str, lines_of(every, 1)))

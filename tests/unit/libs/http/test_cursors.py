"""A cursor continues the list it was made for, and nothing else."""

from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from libs.http import Cursors, Problem
from libs.http.kinds import MALFORMED
from tests.unit.libs.http.tampering import tampered

VIEWER, OTHER = uuid4(), uuid4()
cursors = Cursors([b"a secret of the tests"])
home = cursors.bound("/v1/home", VIEWER)


class After(msgspec.Struct, frozen=True):
    id: UUID
    week: int = 0


class Elsewhere(msgspec.Struct, frozen=True):
    name: str


PLACE = After(uuid4(), 2_900)


def refusal_of(cursor: str) -> Problem:
    with pytest.raises(Problem) as refusal:
        home.open(cursor, After)
    assert refusal.value.kind is MALFORMED
    assert [error.field for error in refusal.value.errors] == ["cursor"]
    return refusal.value


def test_a_cursor_opens_to_what_was_signed() -> None:
    assert home.open(home.sign(PLACE), After) == PLACE


def test_no_cursor_is_the_beginning() -> None:
    assert home.open(None, After) is None


@pytest.mark.parametrize(
    "elsewhere",
    [cursors.bound("/v1/saved", VIEWER), cursors.bound("/v1/home", OTHER), cursors.bound("/v1/home", None)],
)
def test_a_cursor_of_another_list_or_viewer_is_refused(elsewhere: Cursors) -> None:
    refusal_of(elsewhere.sign(PLACE))  # type: ignore[attr-defined]


def test_a_cursor_of_another_shape_is_refused() -> None:
    refusal_of(home.sign(Elsewhere("x")))


def test_secrets_rotate_the_last_one_signs_and_the_others_still_open() -> None:
    old, new = Cursors([b"old"]), Cursors([b"old", b"new"])
    assert new.bound("/", None).open(old.bound("/", None).sign(PLACE), After) == PLACE
    with pytest.raises(Problem):
        old.bound("/", None).open(new.bound("/", None).sign(PLACE), After)


@given(st.data())
def test_a_tampered_cursor_is_refused(data: DataObject) -> None:
    refusal_of(data.draw(tampered(home.sign(PLACE))))


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    refusal_of(text)

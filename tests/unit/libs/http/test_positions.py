"""A position can be sent back, merged with others, and not made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from libs.http import Cursors, Positions, Problem
from libs.http.kinds import MALFORMED
from libs.log import Partition, Place
from tests.unit.libs.http.tampering import spelled_otherwise, tampered

positions = Positions([b"a secret of the tests"])
places = st.builds(Place, st.sampled_from(["posts", "reactions"]), st.integers(0, 47), st.integers(0, 2**62))


def refuse(header: str) -> None:
    with pytest.raises(Problem) as refusal:
        positions.open(header)
    assert refusal.value.kind is MALFORMED
    assert [(error.source, error.field) for error in refusal.value.errors] == [("header", "Qiao-Wait-For")]


@given(st.lists(places, min_size=1, max_size=8))
def test_a_position_opens_to_the_last_place_of_each_partition(written: list[Place]) -> None:
    expected: dict[Partition, int] = {}
    for topic, number, offset in written:
        expected[Partition(topic, number)] = max(offset, expected.get(Partition(topic, number), 0))
    assert positions.open(positions.sign(written)) == expected


def test_positions_with_commas_between_are_waited_for_together() -> None:
    first, second = positions.sign([Place("posts", 1, 5)]), positions.sign([Place("posts", 1, 9), Place("posts", 2, 3)])
    assert positions.open(f"{first}, {second}") == {Partition("posts", 1): 9, Partition("posts", 2): 3}


def test_more_than_eight_positions_are_refused() -> None:
    refuse(",".join([positions.sign([Place("posts", 1, 5)])] * 9))


def test_a_cursor_is_no_position() -> None:
    cursors = Cursors([b"a secret of the tests"])
    signed = cursors._sealer.sign(b"\x91\x93\xa5posts\x01\x05")  # type: ignore[arg-type]
    refuse(signed)


def test_a_signature_has_one_spelling() -> None:
    position = positions.sign([Place("posts", 1, 5)])
    for other in (f"{position}=", f"{position}!", spelled_otherwise(position)):
        refuse(other)


@given(st.data())
def test_a_tampered_position_is_refused(data: DataObject) -> None:
    refuse(data.draw(tampered(positions.sign([Place("posts", 1, 5)]))))


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    refuse(text)

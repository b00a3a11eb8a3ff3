"""Stamps order writes by place in the log: epoch, then offset, then revision."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.views.stamp import MAX_EPOCH, stamp

PLACES = st.tuples(st.integers(0, MAX_EPOCH), st.integers(0, 2**40 - 1), st.integers(0, 255))


@given(PLACES, PLACES)
def test_stamps_are_ordered_as_their_parts_are(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    assert (stamp(*one) < stamp(*other)) == (one < other)


@given(PLACES)
def test_a_stamp_fits_a_signed_64_bit_number(place: tuple[int, int, int]) -> None:
    assert 0 <= stamp(*place) < 2**63


@pytest.mark.parametrize("place", [(-1, 0, 0), (MAX_EPOCH + 1, 0, 0), (0, 2**40, 0), (0, -1, 0), (0, 0, 256)])
def test_what_does_not_fit_is_refused(place: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no stamp for"):
        stamp(*place)

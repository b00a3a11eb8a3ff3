"""Places as tools write them."""

import pytest

from libs.log import Partition
from qiao.parking.lot import PlaceInvalid, Spot


def test_a_place_is_read_as_it_is_written_everywhere() -> None:
    assert Spot.parse("posts[3]@17") == (Partition("posts", 3), 17)


@pytest.mark.parametrize("text", ["", "posts", "posts[3]", "posts/3/17", "posts[a]@1", "posts[1]@-1", "posts[3]@17 "])
def test_what_is_no_place_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(PlaceInvalid, match=r"posts\[3\]@17"):
        Spot.parse(text)

"""Places as tools write and read them."""

import pytest

from libs.log import Place
from qiao.places import PlaceInvalid, parse_place


def test_a_place_is_read_as_it_is_shown_everywhere() -> None:
    place = Place("posts", 3, 17)
    assert str(place) == "posts[3]@17"
    assert parse_place(str(place)) == place


@pytest.mark.parametrize("text", ["", "posts", "posts[3]", "posts/3/17", "posts[a]@1", "posts[1]@-1", "posts[3]@17 "])
def test_what_is_no_place_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(PlaceInvalid, match=r"posts\[3\]@17"):
        parse_place(text)

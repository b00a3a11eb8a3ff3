"""Places in the log as people write them: `posts[3]@17`, which is how tools show them."""

import re

from libs.log import Place

_PLACE = re.compile(r"([a-z_]+)\[(\d{1,9})\]@(\d{1,13})")


class PlaceInvalid(ValueError):
    """The text names no place in the log."""


def parse_place(text: str) -> Place:
    """The place that `str(place)` shows. Raises PlaceInvalid."""
    match = _PLACE.fullmatch(text)
    if match is None:
        raise PlaceInvalid(f"{text!r} is no place in the log: write it as 'posts[3]@17'")
    return Place(match[1], int(match[2]), int(match[3]))

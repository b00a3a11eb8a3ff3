"""A rebuild in words."""

import msgspec

from libs.events.standins import stand_in
from qiao.rebuilding.showing import Result, Shown, in_words
from tests.unit.qiao.story import small_story


def test_what_people_wrote_shows_as_stand_ins_in_a_difference() -> None:
    token = msgspec.json.decode(small_story().records[2].value)["text"]
    row = msgspec.Raw(msgspec.json.encode({"text": token}))
    shown = Shown(table="posts.posts", key=("k",), serving=row, rebuilt=msgspec.Raw(b"null"))
    told = in_words(Result(projection="posts", serving=0, done="differs", differences=1, first=(shown,)))
    assert "s1.text." not in told
    assert f'serving  {{"text":"{stand_in(token)}"}}' in told

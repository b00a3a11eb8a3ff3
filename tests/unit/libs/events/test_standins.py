"""Stand-ins: as long as the text that nobody here may read, and equal where the token is."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import SealBroken, SealingKey, seal
from libs.events.standins import stand_in

KEY, _ = SealingKey.generate(UUID(int=1))
FIRST, SECOND = UUID(int=2), UUID(int=3)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(TEXTS)
def test_a_stand_in_is_as_long_as_the_text_in_utf_8_and_the_same_for_every_copy(text: str) -> None:
    shown = stand_in(seal(text, KEY, FIRST, "text"))
    assert len(shown) == len(text.encode())
    assert shown == stand_in(seal(text, KEY, FIRST, "text"))


def test_two_events_that_say_the_same_show_different_stand_ins() -> None:
    said = "今天的猫税" * 3
    assert stand_in(seal(said, KEY, FIRST, "text")) != stand_in(seal(said, KEY, SECOND, "text"))


@pytest.mark.parametrize("text", ["", "hello", "s1.text", "s1.text.AAAA", "s1.text." + "A" * 40, "s1.text.ü"])
def test_what_is_no_token_has_no_stand_in(text: str) -> None:
    with pytest.raises(SealBroken):
        stand_in(text)

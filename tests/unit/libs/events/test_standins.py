"""Stand-ins: as long as the text that nobody here may read, and equal where the token is."""

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import NoSealing, SealBroken, SealingKey, open_token, seal
from libs.events.standins import StandInKey, stand_in, with_stand_ins

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


@given(TEXTS)
def test_who_opens_a_token_without_its_key_gets_its_stand_in(text: str) -> None:
    token = seal(text, KEY, FIRST, "text")
    assert open_token(token, StandInKey(KEY.account)) == stand_in(token)
    with pytest.raises(SealBroken):
        seal(text, StandInKey(KEY.account), FIRST, "text")


@given(st.lists(TEXTS))
def test_in_json_every_sealed_text_gives_way_to_its_stand_in_and_an_unsealed_one_is_opened(texts: list[str]) -> None:
    def encoded(values: list[str]) -> str:
        return msgspec.json.encode([{"text": value, "n": 1, "said": "s1.text.plain"} for value in values]).decode()

    tokens = [seal(text, KEY, FIRST, "text") for text in texts]
    assert with_stand_ins(encoded(tokens)) == encoded(list(map(stand_in, tokens)))
    plain = [seal(text, NoSealing(KEY.account), FIRST, "text") for text in texts]
    assert with_stand_ins(encoded(plain)) == encoded(texts)

"""Topics: one spelling for every way to write them, and that spelling stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events.topics import LONGEST_TOPIC, normalized_topic

AWKWARD = "ͅ\u0301\u0308\u0390ΐᾳᾼİıßẞſΣςⅣ㎏ﬀ가각ﷺ"


@pytest.mark.parametrize(
    ("written", "topic"),
    [
        ("Food", "food"),
        ("ＦＯＯＤ", "food"),
        ("猫税", "猫税"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ﾈｺ", "ネコ"),
    ],
)
def test_case_and_width_do_not_tell_topics_apart(written: str, topic: str) -> None:
    assert normalized_topic(written) == topic


@given(st.text(max_size=100) | st.text(AWKWARD, max_size=100))
def test_a_normalized_topic_is_its_own_spelling(written: str) -> None:
    topic = normalized_topic(written)
    assert len(topic) <= LONGEST_TOPIC
    assert normalized_topic(topic) == topic

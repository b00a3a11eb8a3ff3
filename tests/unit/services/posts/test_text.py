"""What a text names, in both languages and in both habits of writing it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events.topics import normalized_topic
from services.posts.text import MOST_MENTIONS, MOST_TOPICS, handles_in, topics_in


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("my lunch #food", ("food",)),
        ("#food, #pets and #food again", ("food", "pets")),
        ("#Food #FOOD", ("food",)),
        ("#猫税", ("猫税",)),
        ("#猫税🐱", ("猫税",)),
        ("#cat_tax #2025cats", ("cat_tax", "2025cats")),
        ("(#food)", ("food",)),
        ("line\n#food", ("food",)),
    ],
)
def test_a_hash_before_a_word_names_a_topic(text: str, topics: tuple[str, ...]) -> None:
    assert topics_in(text) == topics


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("#话题#", ("话题",)),
        ("#话题#后面的字", ("话题",)),
        ("今天晒一下#猫税#", ("猫税",)),
        ("今天晒一下#猫税", ("猫税",)),
        ("先#美食#再#猫税#", ("美食", "猫税")),
        ("#美食##猫税#", ("美食", "猫税")),
        ("#food#pets", ("food",)),
    ],
)
def test_weibo_closes_a_topic_with_another_hash_and_needs_no_spaces(text: str, topics: tuple[str, ...]) -> None:
    assert topics_in(text) == topics


@pytest.mark.parametrize("text", ["＃猫税", "＃猫税＃", "今天＃猫税＃好吗", "#猫税＃"])
def test_full_width_signs_are_signs(text: str) -> None:
    assert topics_in(text) == ("猫税",)


def test_width_and_case_do_not_tell_topics_apart() -> None:
    assert topics_in("#ＦＯＯＤ #food #Food") == ("food",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#",
        "# food",
        "C#3 and issue#5",
        "#1 #２０２５",
        "it&#39;s",
        "https://example.com/page#part",
        "see https://example.com/#part and www.example.com/a#b",
        "HTTPS://EXAMPLE.COM/-#part",
        "##",
    ],
)
def test_numbers_code_and_addresses_are_no_topics(text: str) -> None:
    assert topics_in(text) == ()


def test_a_long_topic_is_cut_and_what_follows_is_none() -> None:
    assert topics_in("#" + "猫" * 70 + "#好") == ("猫" * 64,)


def test_a_text_has_at_most_ten_topics() -> None:
    assert topics_in(" ".join(f"#t{number}x" for number in range(30))) == tuple(
        f"t{number}x" for number in range(MOST_TOPICS)
    )


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("hi @amy", ("amy",)),
        ("@amy @Amy @bob_99", ("amy", "bob_99")),
        ("@amy's cat, (@bob_99)!", ("amy", "bob_99")),
        ("thanks @amy.", ("amy",)),
        ("＠amy", ("amy",)),
        ("谢谢@amy的猫", ("amy",)),
        ("@amy，你好", ("amy",)),
    ],
)
def test_an_at_before_a_handle_mentions_it(text: str, handles: tuple[str, ...]) -> None:
    assert handles_in(text) == handles


@pytest.mark.parametrize(
    "text",
    [
        "me@example.com",
        "first.last+tag@example.com",
        "odd.-@example.com",
        "邮箱me@example.com",
        "@ab",
        "@" + "a" * 31,
        "@amy@example.com",
        "@@amy",
        "@josé",
        "https://example.com/@amy",
        "example.com/@amy",
        "@猫税",
    ],
)
def test_emails_addresses_and_what_is_no_handle_mention_nobody(text: str) -> None:
    assert handles_in(text) == ()


def test_a_text_mentions_at_most_twenty() -> None:
    assert len(handles_in(" ".join(f"@user{number:02}" for number in range(30)))) == MOST_MENTIONS


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    for topic in topics_in(text):
        assert normalized_topic(topic) == topic
    for handle in handles_in(text):
        assert handles_in(f"@{handle} ") == (handle,)

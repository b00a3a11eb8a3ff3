"""The words of `why`: every reason has some, and people are told only what concerns themselves."""

import re
from pathlib import Path

import pytest

from services.feeds.explaining import told
from services.feeds.queries import why as module
from services.feeds.queries.reasons import WORDS, words
from services.feeds.queries.why import Ruling, Why
from tests.unit.services.folding import an_id

HIDDEN_FROM_PEOPLE = {
    ("state", "deleted"),
    ("state", "unknown"),
    ("author", "unknown"),
    ("blocked", "none"),
    ("blocked", "blocked"),
}


def test_every_reason_that_the_code_names_has_words_for_operators() -> None:
    source = Path(module.__file__).read_text()
    named = set(re.findall(r'Ruling\("(\w+)", [^"]*?, "([^"]+)"', source))
    assert len(named) > 15
    assert named <= WORDS.keys()
    assert all(said.operator for said in WORDS.values())


def test_what_people_are_told_is_there_in_both_languages() -> None:
    for key, said in WORDS.items():
        assert bool(said.en) == bool(said.zh) == (key not in HIDDEN_FROM_PEOPLE), key
        assert said.en.isascii()
        assert not said.zh or any("\u4e00" <= letter <= "\u9fff" for letter in said.zh)


@pytest.mark.parametrize("key", sorted(WORDS))
def test_no_words_to_people_say_that_somebody_blocks_them(key: tuple[str, str]) -> None:
    said = words(Ruling(key[0], False, key[1]))  # type: ignore[arg-type]
    assert "blocks you" not in said.en
    assert "屏蔽了你" not in said.zh


def test_where_the_reader_may_not_know_of_the_post_nothing_is_told() -> None:
    hidden = Ruling("blocked", False, "blocked")
    assert told(Why(an_id(1), an_id(2), (Ruling("state", True, "stands"), hidden))) is None
    assert told(Why(an_id(1), an_id(2), (Ruling("state", True, "stands"),))) is not None

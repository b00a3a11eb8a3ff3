"""The words of `why`: every reason has some, and people are told only what concerns themselves."""

import re
from pathlib import Path
from unittest.mock import AsyncMock, MagicMock
from uuid import UUID

import pytest

from libs.events import lowest_at
from libs.log import Place
from services.feeds.explaining import told
from services.feeds.queries import why as module
from services.feeds.queries.facts import FactReader, Facts, Position, Side
from services.feeds.queries.reasons import WORDS, words
from services.feeds.queries.why import Evidence, Ruling, Why, why
from services.feeds.tables import Created, Relation
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
    named |= {("follow", reason) for reason in re.findall(r'"([^"]+ since later)"', source)}
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


POST = lowest_at(10_000)
READER, AUTHOR = an_id(1), an_id(2)
CREATED = Created(author=AUTHOR, text="s", lang="en", topics=(), media=(), reply_to=None, at=10_000)


def _facts(**changes: object) -> Facts:
    return Facts(POST, READER, 20_000, created=CREATED, known=True, author=Side(AUTHOR))._replace(**changes)


def _ruling(facts: Facts, rule: str) -> Ruling:
    return next(each for each in why(facts).rulings if each.rule == rule)


def test_a_deleted_post_names_its_deletion_by_the_moment_that_it_was_decided() -> None:
    ruling = _ruling(_facts(deleted_at=15_123), "state")
    assert ruling.reason == "deleted"
    assert ruling.evidence[-1] == Evidence("PostDeleted", "posts", POST, 15_123, exact=True)


@pytest.mark.parametrize(
    ("decided_at", "on", "reason"),
    [
        (9_000, True, "following"),
        (11_000, True, "following since later"),
        (9_000, False, "no more"),
        (11_000, False, "no more since later"),
    ],
)
def test_whether_the_reader_followed_when_it_was_written_is_told(decided_at: int, on: bool, reason: str) -> None:
    side = Side(AUTHOR, following=Relation(READER, "following", AUTHOR, on, lowest_at(decided_at)))
    assert _ruling(_facts(author=side), "follow").reason == reason


def test_a_parked_decision_of_the_reader_is_told_for_it_may_be_the_follow() -> None:
    assert _ruling(_facts(position=Position(relations_parked=True)), "position").reason == "follows parked"
    assert _ruling(_facts(position=Position()), "position").reason == "reached"


async def test_the_facts_know_of_a_parked_decision_of_the_reader() -> None:
    frontier = MagicMock(last=AsyncMock(return_value=Place("relationships", 0, 7)), passed=AsyncMock(return_value=True))
    frontier.is_parked = AsyncMock(side_effect=lambda place, key: key == READER)
    reads = MagicMock(scan=AsyncMock(return_value=[]))
    facts = await FactReader(reads, frontier).read(POST, READER, 20_000)
    assert facts.position == Position(True, True, False, True)


@pytest.mark.parametrize("position", [Position(False, True), Position(True, True, parked=True)])
def test_an_id_that_no_post_can_have_is_unknown_whether_feeds_is_behind_or_not(position: Position) -> None:
    facts = Facts(UUID("00000000-0000-4000-8000-000000000000"), READER, 20_000, position)
    explained = why(facts)
    assert not explained.shown
    assert [each for ruling in explained.rulings for each in ruling.evidence] == []
    assert told(explained) is None

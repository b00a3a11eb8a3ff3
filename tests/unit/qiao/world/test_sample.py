"""The sample world makes sense: everyone named in it is there, and nothing is said twice."""

from qiao.world.sample import SAMPLE_HANDLE, sample
from services.posts.text import topics_in


def test_everyone_who_is_named_is_there() -> None:
    handles = {who.handle for who in sample().people}
    assert SAMPLE_HANDLE in handles
    for who in sample().people:
        assert set(who.follows) <= handles - {who.handle}
    for saying in sample().posts:
        assert {saying.by, *saying.likes, *saying.saves} <= handles


def test_answers_come_after_what_they_answer() -> None:
    said = set[str]()
    for saying in sample().posts:
        assert saying.to in {"", *said}
        said.add(saying.name)
    assert len(said) == len(sample().posts)


def test_nobody_says_the_same_thing_twice_because_that_is_how_posts_are_found_again() -> None:
    assert len({(saying.by, saying.text) for saying in sample().posts}) == len(sample().posts)


def test_it_is_a_world_of_both_languages_about_food_pets_and_selfies() -> None:
    assert {who.writes.partition("-")[0] for who in sample().people} == {"en", "zh"}
    topics = {topic for saying in sample().posts for topic in topics_in(saying.text)}
    assert topics >= {"food", "美食", "pets", "selfie", "自拍", "cattax", "猫税"}

"""Ids that a retry gets again."""

from libs.events import new_id, time_of
from libs.http.ids import Ids


def take(ids: Ids, number: int) -> list[object]:
    return [ids.next() for _ in range(number)]


def test_the_same_seed_gives_the_same_ids_in_the_same_order() -> None:
    seed = new_id()
    first = take(Ids(seed), 3)
    assert take(Ids(seed), 3) == first
    assert len(set(first)) == 3


def test_they_are_of_the_time_of_the_first_request() -> None:
    seed = new_id()
    ids = Ids(seed)
    assert {time_of(ids.next()) for _ in range(3)} == {time_of(seed)}


def test_without_a_seed_every_id_is_new() -> None:
    assert len({*take(Ids(), 3), *take(Ids(), 3)}) == 6

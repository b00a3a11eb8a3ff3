"""What was fetched and not handed out yet."""

from libs.log import Partition, Record
from libs.log.kafka.stash import Stash

A, B = Partition("posts", 0), Partition("posts", 1)


def records(partition: Partition, *offsets: int) -> list[Record]:
    return [Record(*partition, offset, 0, b"k", b"v") for offset in offsets]


def test_no_more_is_taken_than_asked_for_and_the_rest_keeps_its_order() -> None:
    stash = Stash()
    stash.add(A, records(A, 0, 1, 2))
    stash.add(A, records(A, 3))
    assert stash.take(2) == {A: records(A, 0, 1)}
    assert stash.take(5) == {A: records(A, 2, 3)}
    assert stash.take(5) == {}


def test_who_could_not_give_all_comes_last_next_time() -> None:
    stash = Stash()
    stash.add(A, records(A, *range(10)))
    stash.add(B, records(B, 0))
    assert stash.take(3) == {A: records(A, 0, 1, 2)}
    assert stash.take(1) == {B: records(B, 0)}
    assert stash.take(1) == {A: records(A, 3)}


def test_a_paused_partition_keeps_what_it_has() -> None:
    stash = Stash()
    stash.add(A, records(A, 0))
    stash.paused.add(A)
    assert stash.take(5) == {}
    stash.paused.discard(A)
    assert stash.take(5) == {A: records(A, 0)}


def test_what_is_dropped_is_gone_and_a_cleared_stash_is_empty_but_pauses_stay() -> None:
    stash = Stash()
    stash.add(A, records(A, 0))
    stash.add(B, records(B, 0))
    stash.drop(A)
    stash.drop(A)
    assert stash.take(5) == {B: records(B, 0)}
    stash.add(A, records(A, 1))
    stash.paused.add(A)
    stash.clear()
    assert stash.paused == {A}
    stash.paused.clear()
    assert stash.take(5) == {}

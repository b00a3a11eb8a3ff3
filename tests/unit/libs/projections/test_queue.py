"""The records that wait for a worker: bounded in number and bytes, refilled when half of it is free."""

import pytest

from libs.log import Record
from libs.projections.queue import BATCH_BYTES, BATCH_EVENTS, QUEUE_BYTES, QUEUE_EVENTS, RecordQueue


def _records(count: int, size: int = 1) -> list[Record]:
    return [Record("posts", 0, offset, 0, b"key", bytes(size)) for offset in range(count)]


class Drained:
    """Notes that it was asked for more."""

    def __init__(self) -> None:
        self.asked = 0
        self.queue = RecordQueue(self._ask)

    def _ask(self) -> None:
        self.asked += 1


def test_records_come_out_in_order_in_batches_of_at_most_five_hundred() -> None:
    drained = Drained()
    records = _records(BATCH_EVENTS + 3)
    assert drained.queue.offer(records)
    assert drained.queue.take() == records[:BATCH_EVENTS]
    assert drained.queue.take() == records[BATCH_EVENTS:]
    assert drained.queue.take() == []


def test_a_batch_is_bounded_in_bytes_yet_never_empty() -> None:
    drained = Drained()
    drained.queue.offer(_records(3, BATCH_BYTES + 1))
    assert [len(drained.queue.take()) for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(
    "too_much", [_records(QUEUE_EVENTS), _records(4, QUEUE_BYTES // 4)], ids=["in number", "in bytes"]
)
def test_a_full_queue_asks_for_no_more(too_much: list[Record]) -> None:
    drained = Drained()
    assert drained.queue.offer(too_much[:-1])
    assert not drained.queue.offer(too_much[-1:])


def test_more_is_asked_for_once_when_half_is_free_and_not_before() -> None:
    drained = Drained()
    assert not drained.queue.offer(_records(QUEUE_EVENTS))
    drained.queue.take()
    assert drained.asked == 0
    drained.queue.take()
    assert drained.asked == 1
    drained.queue.take()
    assert drained.asked == 1


def test_a_reader_that_is_faster_than_the_worker_never_fills_it_beyond_its_bound_and_one_poll() -> None:
    drained, poll = Drained(), _records(1_000)
    wanted = drained.queue.offer(poll)
    for _ in range(50):
        asked = drained.asked
        drained.queue.take()
        wanted = wanted or drained.asked > asked
        while wanted:
            wanted = drained.queue.offer(poll)
        assert len(drained.queue) < QUEUE_EVENTS + len(poll)


def test_nobody_is_asked_who_was_not_stopped() -> None:
    drained = Drained()
    drained.queue.offer(_records(3))
    drained.queue.take()
    assert drained.asked == 0

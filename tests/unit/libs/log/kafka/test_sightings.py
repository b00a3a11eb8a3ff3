"""What a reader learns of the broker's clock."""

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from libs.log.kafka.clock import BrokerClock
from libs.log.kafka.sightings import APPEND_TIME, Sightings

PLACE = TopicPartition("posts", 0)


class Reading:
    """A reader whose clock stands at `now`; the true time is the broker's."""

    def __init__(self, off: float) -> None:
        self.off, self.now = off, 1_000.0
        self.clock = BrokerClock(ours=lambda: self.now + off, elapsed=lambda: self.now)
        self.sightings = Sightings(self.clock)

    def idle(self, end: int, until: float) -> None:
        self.now = until
        self.sightings.answered(PLACE, end, int((until + self.off) * 1000))

    def read(self, *times: float, offset: int, kind: int = APPEND_TIME) -> None:
        messages = [
            ConsumerRecord("posts", 0, offset + n, int(time * 1000), kind, b"", b"", None, 0, 0, ())
            for n, time in enumerate(times)
        ]
        self.sightings.read(PLACE, messages)


@pytest.mark.parametrize("off", [-60.0, 60.0])
def test_a_clock_that_is_off_shows_by_what_is_read_at_the_end_of_a_partition(off: float) -> None:
    reading = Reading(off)
    reading.idle(7, 1_000.0)
    reading.idle(7, 1_000.5)
    reading.now = 1_001.0
    reading.read(1_000.9, offset=7)
    assert reading.clock.skew() == pytest.approx(-off, abs=1.0)


def test_old_records_do_not_pass_for_a_broker_that_is_behind() -> None:
    reading = Reading(0.0)
    reading.read(100.0, 200.0, offset=0)
    assert reading.clock.skew() == 0.0


def test_records_that_came_while_the_process_slept_do_not_pass_for_a_broker_that_is_behind() -> None:
    reading = Reading(0.0)
    reading.idle(7, 1_000.0)
    reading.idle(7, 1_040.0)  # asked for at 1000, it waited in the socket for 40 s
    reading.now = 1_040.1
    reading.read(1_001.0, 1_039.0, offset=7)
    assert reading.clock.skew() == 0.0


def test_records_from_before_the_end_that_was_seen_do_not_pass_for_a_broker_that_is_behind() -> None:
    reading = Reading(0.0)
    reading.idle(9, 1_000.0)
    reading.idle(9, 1_000.5)
    reading.read(100.0, offset=7)
    assert reading.clock.skew() == 0.0


def test_what_says_nothing_leaves_what_was_measured() -> None:
    reading = Reading(60.0)
    reading.idle(7, 1_000.0)
    reading.idle(7, 1_000.5)
    reading.read(1_000.5, offset=7)
    reading.read(1_000.6, offset=8)
    assert reading.clock.skew() == pytest.approx(-60.0, abs=1.0)


def test_a_clock_that_was_set_right_is_believed_with_the_next_record() -> None:
    reading = Reading(60.0)
    reading.idle(7, 1_000.0)
    reading.idle(7, 1_000.5)
    reading.read(1_000.5, offset=7)
    reading.off = 0.0
    reading.clock._ours = lambda: reading.now
    reading.idle(8, 1_001.0)
    reading.idle(8, 1_001.5)
    reading.idle(8, 1_002.0)
    reading.read(1_002.0, offset=8)
    assert reading.clock.skew() == 0.0


def test_the_stamps_of_producers_are_nobodys_clock() -> None:
    reading = Reading(0.0)
    reading.read(5_000.0, offset=0, kind=0)
    assert reading.clock.skew() == 0.0

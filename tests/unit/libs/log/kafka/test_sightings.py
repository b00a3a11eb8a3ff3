"""What a reader learns of the broker's clock."""

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from libs.log.kafka.clock import LOOKS, BrokerClock
from libs.log.kafka.sightings import APPEND_TIME, Sightings

PLACE = TopicPartition("posts", 0)


class Reading:
    """A reader whose clock stands at `now`; the true time is the broker's."""

    def __init__(self, off: float) -> None:
        self.off, self.now = off, 1_000.0
        self.clock = BrokerClock(ours=lambda: self.now + self.off, elapsed=lambda: self.now)
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

    def live(self, times: int, late: float = 0.0) -> None:
        """Again and again the end is seen, then a record comes; `late`: its replicas took so long."""
        for n in range(times):
            for pause in (0.2, 0.2, late, 0.2):
                self.idle(n, self.now + pause)
            self.read(self.now - 0.1 - late, offset=n)


@pytest.mark.parametrize("off", [-60.0, 60.0])
def test_a_clock_that_is_off_shows_by_what_is_read_at_the_end_of_a_partition(off: float) -> None:
    reading = Reading(off)
    reading.live(LOOKS)
    assert reading.clock.skew() == pytest.approx(-off, abs=1.0)


def test_a_record_that_waited_for_a_replica_does_not_pass_for_a_broker_that_is_behind() -> None:
    reading = Reading(0.0)
    reading.live(LOOKS)
    reading.live(1, late=20.0)
    assert reading.clock.skew() == pytest.approx(0.0, abs=1.0)


def test_old_records_do_not_pass_for_a_broker_that_is_behind() -> None:
    reading = Reading(0.0)
    for n in range(LOOKS):
        reading.read(100.0 + n, 100.5 + n, offset=2 * n)
    assert reading.clock.skew() == 0.0


def test_records_that_came_while_the_process_slept_do_not_pass_for_a_broker_that_is_behind() -> None:
    reading = Reading(0.0)
    for n in range(LOOKS):
        slept = reading.now
        reading.idle(2 * n, slept)
        reading.idle(2 * n, slept + 40.0)  # asked for 40 s before, it waited in the socket
        reading.read(slept + 1.0, slept + 39.0, offset=2 * n)
    assert reading.clock.skew() == 0.0


def test_records_from_before_the_end_that_was_seen_do_not_pass_for_a_broker_that_is_behind() -> None:
    reading = Reading(0.0)
    for n in range(LOOKS):
        reading.idle(99, reading.now + 0.2)
        reading.idle(99, reading.now + 0.2)
        reading.read(100.0, offset=n)
    assert reading.clock.skew() == 0.0


def test_what_says_nothing_leaves_what_was_measured() -> None:
    reading = Reading(60.0)
    reading.live(LOOKS)
    for offset in range(LOOKS, 3 * LOOKS):
        reading.read(reading.now - 0.1, offset=offset)
    assert reading.clock.skew() == pytest.approx(-60.0, abs=1.0)


def test_a_clock_that_was_set_right_is_believed_with_the_next_records() -> None:
    reading = Reading(60.0)
    reading.live(LOOKS)
    reading.off = 0.0
    reading.live(LOOKS)
    assert reading.clock.skew() == 0.0


def test_the_stamps_of_producers_are_nobodys_clock() -> None:
    reading = Reading(0.0)
    for n in range(LOOKS):
        reading.read(5_000.0, offset=n, kind=0)
    assert reading.clock.skew() == 0.0

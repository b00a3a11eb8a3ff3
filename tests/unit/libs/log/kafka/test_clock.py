"""The broker's clock, as appends tell of it."""

import pytest
from aiokafka.structs import RecordMetadata, TopicPartition

from libs.log.kafka.clock import KEEP, BrokerClock


def _stamped(seconds: float) -> RecordMetadata:
    return RecordMetadata("posts", 0, TopicPartition("posts", 0), 0, int(seconds * 1000), 1, 0)


@pytest.mark.parametrize(("broker", "skew"), [(100.0, 0.0), (100.4, 0.0), (100.5, 0.0), (103.5, 3.0), (98.0, -2.0)])
def test_a_time_within_the_append_agrees_and_one_outside_is_off_by_the_rest(broker: float, skew: float) -> None:
    now = [100.0]
    clock = BrokerClock(ours=lambda: now[0])
    began = clock.begin()
    now[0] = 100.5
    clock.end(began, _stamped(broker))
    assert clock.skew() == pytest.approx(skew)


def test_an_old_measurement_says_nothing_any_more() -> None:
    elapsed = [0.0]
    clock = BrokerClock(ours=lambda: 100.0, elapsed=lambda: elapsed[0])
    clock.end(clock.begin(), _stamped(110.0))
    assert clock.skew() == pytest.approx(10.0)
    elapsed[0] = KEEP
    assert clock.skew() == 0.0

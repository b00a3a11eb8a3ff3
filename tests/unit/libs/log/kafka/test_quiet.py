"""aiokafka's log stays readable while a broker is away."""

import logging

import pytest

from libs.log.kafka.quiet import EVERY, OncePerWhile, keep_quiet


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def record(line: int, message: str = "no %s", argument: str = "broker") -> logging.LogRecord:
    return logging.LogRecord("aiokafka", logging.ERROR, "client.py", line, message, (argument,), None)


def test_one_place_in_the_code_is_heard_once_in_a_while_and_then_says_how_often_it_spoke() -> None:
    clock = Clock()
    quiet = OncePerWhile(clock)
    assert quiet.filter(record(1))
    assert not any(quiet.filter(record(1)) for _ in range(7))
    clock.now += EVERY
    again = record(1)
    assert quiet.filter(again)
    assert again.getMessage() == "no broker (and 7 times more before)"
    clock.now += EVERY
    later = record(1)
    assert quiet.filter(later)
    assert later.getMessage() == "no broker"


def test_other_places_are_heard_on_their_own() -> None:
    quiet = OncePerWhile(Clock())
    assert quiet.filter(record(1))
    assert quiet.filter(record(2))


def test_it_is_in_force_once_however_often_it_is_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    keep_quiet()
    keep_quiet()
    log = logging.getLogger("aiokafka")
    assert sum(isinstance(one, OncePerWhile) for one in log.filters) == 1
    for _ in range(5):
        log.error("away 100%")
    assert [line.getMessage() for line in caplog.records] == ["away 100%"]

"""Keeping aiokafka's log readable: while a broker is away it says so more than a hundred times a second."""

import logging
import time
from collections.abc import Callable

LOGGERS = (
    "aiokafka",
    "aiokafka.conn",
    "aiokafka.consumer.fetcher",
    "aiokafka.consumer.group_coordinator",
    "aiokafka.producer.sender",
)
EVERY = 10.0
"""Seconds in which one line of aiokafka's code is heard once."""


class OncePerWhile(logging.Filter):
    """Lets each place in the code speak once in a while, and then says how often it was not heard."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is in seconds."""
        super().__init__()
        self._clock = clock
        self._heard: dict[tuple[str, int], float] = {}
        self._missed: dict[tuple[str, int], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is heard."""
        place, now = (record.pathname, record.lineno), self._clock()
        if now - self._heard.get(place, -EVERY) < EVERY:
            self._missed[place] = self._missed.get(place, 0) + 1
            return False
        self._heard[place] = now
        if missed := self._missed.pop(place, 0):
            record.msg, record.args = f"{record.getMessage()} (and {missed} times more before)", None
        return True


_quiet = OncePerWhile()


def keep_quiet() -> None:
    """Safe to call often: there is one filter."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_quiet)

"""A process that starts while a server is away keeps trying for a while, and says so once."""

import logging

import pytest

from libs.log import LogUnavailable
from libs.views import ViewsUnavailable
from qiao.patience import Patience
from qiao.settings import SettingsInvalid


class Server:
    """Away until a moment of a clock that only pauses move."""

    def __init__(self, there_at: float, error: Exception) -> None:
        self.now, self.tries = 100.0, 0
        self._there_at, self._error = self.now + there_at, error

    async def pause(self, seconds: float) -> None:
        self.now += seconds

    async def attempt(self) -> str:
        self.tries += 1
        if self.now < self._there_at:
            raise self._error
        return "there"

    def patience(self, seconds: float) -> Patience:
        return Patience(seconds, clock=lambda: self.now, pause=self.pause)


@pytest.mark.parametrize("error", [LogUnavailable("no broker answers"), ViewsUnavailable("no node answers")])
async def test_it_is_tried_until_it_is_there_and_logged_twice(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(30, error)
    with caplog.at_level(logging.INFO):
        assert await server.patience(60).reach("Kafka", server.attempt) == "there"
    assert server.tries == 31
    assert [record.message for record in caplog.records] == [
        f"Kafka cannot be reached yet: {error}; trying for up to 60 s",
        "Kafka is there, after 30 s",
    ]


async def test_one_that_is_there_at_once_is_not_worth_a_line(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(0, LogUnavailable("away"))
    assert await server.patience(60).reach("Kafka", server.attempt) == "there"
    assert not caplog.records


async def test_when_the_time_is_over_the_error_says_which_setting_it_was() -> None:
    server = Server(1000, LogUnavailable("no broker answers"))
    with pytest.raises(LogUnavailable, match=r"no broker answers; tried for 60 s, QIAO_START_TIMEOUT"):
        await server.patience(60).reach("Kafka", server.attempt)
    assert server.now - 100 <= 60


async def test_all_servers_share_the_time() -> None:
    server = Server(40, LogUnavailable("away"))
    patience = server.patience(60)
    await patience.reach("Cassandra", server.attempt)
    later = Server(1000, LogUnavailable("away"))
    with pytest.raises(LogUnavailable):
        await patience.reach("Kafka", later.attempt)
    assert later.tries <= 21


async def test_without_a_time_it_is_tried_once() -> None:
    server = Server(1000, LogUnavailable("away"))
    with pytest.raises(LogUnavailable):
        await server.patience(0).reach("Kafka", server.attempt)
    assert server.tries == 1


async def test_what_waiting_does_not_mend_is_raised_at_once() -> None:
    server = Server(1000, SettingsInvalid("wrong password"))
    with pytest.raises(SettingsInvalid):
        await server.patience(60).reach("Cassandra", server.attempt)
    assert server.tries == 1

"""Connecting: what waiting mends is tried again, what it does not is told at once, and only once."""

import logging
import socket

import pytest
from cassandra import AuthenticationFailed
from cassandra.cluster import NoHostAvailable

from libs.cassandra import CassandraRefused, CassandraSettings, CassandraUnavailable
from libs.cassandra.connecting import new_cluster, try_until

AWAY = NoHostAvailable("nobody answers", {"127.0.0.1": ConnectionRefusedError()})
WRONG = NoHostAvailable("nobody lets us in", {"127.0.0.1": AuthenticationFailed("wrong password")})


class Driver:
    """Fails so many times, and logs it as the driver does."""

    def __init__(self, error: Exception, failures: int) -> None:
        self.error, self.failures, self.tries = error, failures, 0

    def __call__(self) -> str:
        self.tries += 1
        if self.tries <= self.failures:
            logging.getLogger("cassandra.cluster").error("Control connection failed", exc_info=self.error)
            raise self.error
        return "connected"


async def test_a_node_that_is_away_is_tried_again() -> None:
    driver = Driver(AWAY, failures=1)
    assert await try_until(driver, timeout=30) == "connected"
    assert driver.tries == 2


async def test_without_a_time_it_is_tried_once() -> None:
    driver = Driver(AWAY, failures=9)
    with pytest.raises(CassandraUnavailable, match="nobody answers"):
        await try_until(driver, timeout=0)
    assert driver.tries == 1


async def test_a_wrong_password_is_told_at_once() -> None:
    driver = Driver(WRONG, failures=9)
    with pytest.raises(CassandraRefused):
        await try_until(driver, timeout=30)
    assert driver.tries == 1


async def test_what_is_raised_is_not_logged_as_well(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(CassandraUnavailable):
        await try_until(Driver(AWAY, failures=9), timeout=0)
    assert not caplog.records
    logging.getLogger("cassandra.cluster").error("heard again")
    assert caplog.messages == ["heard again"]


@pytest.mark.servers
def test_no_request_waits_for_the_acknowledgement_of_another_segment(cassandra: str) -> None:
    cluster, _ = new_cluster(CassandraSettings.parse(f"cassandra://{cassandra}/any"))
    try:
        connections = [each for holder in cluster.get_connection_holders() for each in holder.get_connections()]
        assert connections
        for connection in connections:
            assert connection._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    finally:
        cluster.shutdown()

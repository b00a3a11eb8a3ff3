"""An outage is a line when it begins and a line when it is over."""

import logging

import pytest

from libs.log import LogUnavailable
from libs.views import ViewsUnavailable
from services.gateway.outages import QUIET, Outages


class Story:
    """Requests of one route, and what was logged."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        self.now, self._caplog = 0.0, caplog
        self.outages = Outages(lambda: self.now)

    @property
    def lines(self) -> list[str]:
        """What was logged, without the reasons."""
        return [record.message.partition(":")[0] for record in self._caplog.records]


@pytest.fixture
def story(caplog: pytest.LogCaptureFixture) -> Story:
    return Story(caplog)


def test_its_end_tells_how_many_requests_it_cost(story: Story) -> None:
    for _ in range(1000):
        story.outages.failed("POST /a", LogUnavailable("away"))
    story.now += QUIET
    for _ in range(10):
        story.outages.answered("POST /a")
    assert story.lines == ["the log cannot be reached", "the log is back; 1000 requests were answered with 503"]


def test_what_comes_and_goes_is_one_outage(story: Story) -> None:
    for _ in range(100):
        story.outages.failed("POST /a", LogUnavailable("away"))
        story.now += QUIET / 2
        story.outages.answered("POST /a")
    assert story.lines == ["the log cannot be reached"]


def test_a_route_that_never_needed_the_store_does_not_end_its_outage(story: Story) -> None:
    story.outages.failed("POST /a", LogUnavailable("away"))
    story.now += QUIET
    story.outages.answered("GET /b")
    assert story.lines == ["the log cannot be reached"]


def test_each_store_has_an_outage_of_its_own(story: Story) -> None:
    story.outages.failed("POST /a", LogUnavailable("away"))
    story.outages.failed("POST /a", ViewsUnavailable("away"))
    assert story.lines == ["the log cannot be reached", "the views cannot be reached"]

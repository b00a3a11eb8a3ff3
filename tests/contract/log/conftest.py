"""Both twins of the log behind one fixture, with topics that no other test uses."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from libs.log import Log, Partition, TopicSpec, embedded, kafka

PARTITIONS = 3

OpenLog = Callable[[], Awaitable[Log]]


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.servers)])
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> OpenLog:
    """Opens the log of one twin. Not async: a server that is started here blocks."""
    if request.param == "embedded":
        return lambda: embedded.open_log(tmp_path / "log.db")
    settings = kafka.KafkaSettings(bootstrap=request.getfixturevalue("kafka"))
    return lambda: kafka.open_log(settings)


@pytest.fixture
async def log(open_log: OpenLog) -> AsyncIterator[Log]:
    """One open log; it is closed afterwards."""
    opened = await open_log()
    yield opened
    await opened.close()


@pytest.fixture
async def reading(request: pytest.FixtureRequest, log: Log, topic: str, tmp_path: Path) -> AsyncIterator[Log]:
    """The same log, opened once more for reading only."""
    if log.system == "kafka":
        settings = kafka.KafkaSettings(bootstrap=request.getfixturevalue("kafka"))
        opened: Log = await kafka.open_log(settings, readonly=True)
    else:
        opened = await embedded.open_log(tmp_path / "log.db", readonly=True)
    yield opened
    await opened.close()


@pytest.fixture
async def topic(log: Log, topic_prefix: str) -> str:
    """A topic of three partitions."""
    name = f"{topic_prefix}posts"
    await log.create([TopicSpec(name, PARTITIONS)])
    return name


@pytest.fixture
async def partition(log: Log, topic_prefix: str) -> Partition:
    """The only partition of its topic."""
    name = f"{topic_prefix}single"
    await log.create([TopicSpec(name, 1)])
    return Partition(name, 0)

"""An embedded log in a file of this test alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.log import TopicSpec
from libs.log.embedded import EmbeddedLog, open_log


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
async def log(path: Path) -> AsyncIterator[EmbeddedLog]:
    """Open for writing, with the topic `posts` of two partitions."""
    opened = await open_log(path)
    await opened.create([TopicSpec("posts", 2)])
    yield opened
    await opened.close()

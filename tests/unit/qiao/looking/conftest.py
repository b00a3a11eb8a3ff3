"""The small story in an open log."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.log.embedded import EmbeddedLog, open_log
from tests.unit.qiao.story import Story, small_story


@pytest.fixture
def story() -> Story:
    """What the log holds; a test may tell more before it asks for the log."""
    return small_story()


@pytest.fixture
async def log(story: Story, tmp_path: Path) -> AsyncIterator[EmbeddedLog]:
    """For reading only."""
    opened = await open_log(await story.write(tmp_path / "log.db"), readonly=True)
    yield opened
    await opened.close()

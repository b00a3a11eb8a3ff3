"""Tidying up after a burst of writes never gets into the way of the next one."""

import asyncio
from pathlib import Path

import pytest

from libs.log import Entry, TopicSpec
from libs.log.embedded import open_log


async def test_an_append_right_after_tidying_goes_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.log.embedded.writing.TIDY_AFTER", 0.0)
    log = await open_log(tmp_path / "log.db")
    await log.create([TopicSpec("posts", 1)])
    writer = log._writer
    assert writer is not None
    for number in range(100):
        [place] = await log.append([Entry("posts", b"key", b"value")])
        assert place.offset == number
        while writer._untidy:  # noqa: ASYNC110 - the very moment counts
            await asyncio.sleep(0)
    await log.close()

"""The writer when the disk is full, hangs, or cannot keep up: who waits hears of it, and the log goes on."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.log import Entry, LogUnavailable, Partition, TopicSpec
from libs.log.embedded import schema, writing
from libs.log.embedded.jobs import Append, Create
from libs.log.embedded.writing import GroupWriter
from tests.waiting import eventually

LIMITLESS = 2**32 - 2
POSTS = Partition("posts", 0)


@pytest.fixture
def connection(path: Path) -> sqlite3.Connection:
    return schema.open_for_writing(path)


@pytest.fixture
def told() -> list[int]:
    """The ends of POSTS that readers were told of."""
    return []


@pytest.fixture
async def writer(path: Path, connection: sqlite3.Connection, told: list[int]) -> AsyncIterator[GroupWriter]:
    writer = GroupWriter(connection, schema.lock(path), "the log", lambda ends: told.extend(ends.values()))
    await writer.write(Create([TopicSpec("posts", 1)]))
    yield writer
    await writer.close()


async def append(writer: GroupWriter, *values: bytes) -> list[int]:
    job = Append([Entry("posts", b"k", value) for value in values], sum(map(len, values)))
    await writer.write(job)
    return [place.offset for place in job.places]


async def test_a_full_disk_fails_all_of_a_group_and_nothing_of_it_is_kept(
    writer: GroupWriter, connection: sqlite3.Connection, told: list[int]
) -> None:
    assert await append(writer, b"before") == [0]
    [pages] = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    calls = (append(writer, b"small"), append(writer, b"x" * 100_000), append(writer, b"small"))
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(outcome, LogUnavailable)
        assert "full" in str(outcome)
    connection.execute(f"PRAGMA max_page_count = {LIMITLESS}")
    assert await append(writer, b"after", b"more") == [1, 2]
    assert told == [1, 3]
    rows = connection.execute("SELECT offset, value FROM records ORDER BY offset").fetchall()
    assert rows == [(0, b"before"), (1, b"after"), (2, b"more")]


async def test_a_disk_that_refused_is_not_healthy_until_it_takes_a_write_again_that_nobody_need_make(
    writer: GroupWriter, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "TIDY_AFTER", 0.05)
    connection.execute("PRAGMA query_only = ON")
    with pytest.raises(LogUnavailable):
        await append(writer, b"refused")
    assert writer.running
    assert not writer.healthy
    connection.execute("PRAGMA query_only = OFF")
    await eventually(lambda: writer.healthy)


async def test_nobody_waits_for_ever_on_a_disk_that_hangs(
    writer: GroupWriter, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "COMMIT_TIMEOUT", 0.1)
    hangs, answers = threading.Event(), threading.Event()

    def hang(statement: str) -> None:
        if statement == "COMMIT":
            hangs.set()
            answers.wait(20)

    connection.set_trace_callback(hang)
    first = asyncio.create_task(append(writer, b"under way"))
    await eventually(hangs.is_set)
    second = asyncio.create_task(append(writer, b"behind it"))
    for call in (first, second):
        with pytest.raises(LogUnavailable, match="does not answer"):
            await call
    assert not writer.running
    with pytest.raises(LogUnavailable):
        await append(writer, b"refused at once")
    answers.set()
    await eventually(lambda: writer.running)
    # What was under way has been written after all: that is what "may or may not" means. What waited has not.
    assert await append(writer, b"after") == [1]


async def test_more_than_can_wait_is_refused_at_once(writer: GroupWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_WAITING_BYTES", 10_000)
    calls = [asyncio.create_task(append(writer, b"x" * 1_000)) for _ in range(30)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert len(outcomes) - len(refused) == 10
    assert all(isinstance(error, LogUnavailable) and "wait already" in str(error) for error in refused)
    assert await append(writer, b"later") == [10]


async def test_one_call_may_be_larger_than_what_can_wait(writer: GroupWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_WAITING_BYTES", 10_000)
    assert await append(writer, *[b"x" * 1_000] * 30) == list(range(30))


async def test_a_bug_in_one_call_ends_neither_the_writer_nor_the_others(writer: GroupWriter) -> None:
    wrong = Append([Entry("unheard of", b"k", b"v")], 1)
    calls = asyncio.gather(writer.write(wrong), append(writer, b"with it"), return_exceptions=True)
    assert all(isinstance(outcome, Exception) for outcome in await calls)
    assert await append(writer, b"after") == [0]


async def test_a_close_writes_what_waits(writer: GroupWriter, path: Path) -> None:
    calls = [asyncio.create_task(append(writer, b"v")) for _ in range(100)]
    await asyncio.sleep(0)
    await writer.close()
    assert sorted(offset for [offset] in await asyncio.gather(*calls)) == list(range(100))
    assert not writer.running
    with pytest.raises(LogUnavailable):
        await append(writer, b"too late")
    reading = schema.open_for_reading(path)
    assert reading.execute("SELECT count(*) FROM records").fetchone() == (100,)
    reading.close()


async def test_the_write_ahead_log_is_moved_into_the_file_when_nobody_writes(
    writer: GroupWriter, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "TIDY_AFTER", 0.05)
    await append(writer, b"x" * 200_000)
    await eventually(lambda: path.stat().st_size > 200_000)

"""The writer thread: what waits shares a commit, what fails fails alone."""

import asyncio
import itertools
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.sqlite import Writer, WriterClosed, connect
from libs.sqlite import writer as writing
from tests.waiting import eventually


class Tidied:
    """Counts how often it was tidied up."""

    times = 0
    more = 0
    """How often there is more to do."""

    def __call__(self, connection: sqlite3.Connection) -> bool:
        assert not connection.in_transaction
        self.times += 1
        self.more -= 1
        return self.more >= 0


@pytest.fixture
def tidied() -> Tidied:
    return Tidied()


@pytest.fixture
async def writer(tmp_path: Path, tidied: Tidied) -> AsyncIterator[Writer]:
    connection = connect(tmp_path / "test.db", synchronous="FULL")
    connection.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
    writer = Writer(connection, "test-writer", tidy=tidied)
    yield writer
    await writer.close()


def _insert(number: int):  # type: ignore[no-untyped-def]
    return lambda connection: connection.execute("INSERT INTO numbers VALUES (?)", (number,)).rowcount


async def _numbers(writer: Writer) -> list[int]:
    return await writer.run(lambda connection: [n for (n,) in connection.execute("SELECT number FROM numbers")])


async def test_the_result_comes_back(writer: Writer) -> None:
    assert await writer.run(_insert(1)) == 1
    assert await _numbers(writer) == [1]


async def test_what_waits_shares_a_commit(writer: Writer) -> None:
    commits: list[str] = []

    def watch(connection: sqlite3.Connection) -> None:
        connection.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)

    await writer.run(watch)
    await asyncio.gather(*(writer.run(_insert(number)) for number in range(200)))
    assert len(commits) < 20
    assert await _numbers(writer) == list(range(200))


async def test_more_than_a_group_is_written_whole(writer: Writer) -> None:
    await asyncio.gather(*(writer.run(_insert(number)) for number in range(1_000)))
    assert await _numbers(writer) == list(range(1_000))


async def test_a_job_that_fails_takes_no_other_with_it(writer: Writer) -> None:
    await writer.run(_insert(5))

    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO numbers VALUES (100)")
        raise LookupError("on purpose")

    jobs = [writer.run(_insert(number)) for number in range(10)] + [writer.run(half)]
    outcomes = await asyncio.gather(*jobs, return_exceptions=True)
    assert isinstance(outcomes[5], sqlite3.IntegrityError)
    assert isinstance(outcomes[10], LookupError)
    assert await _numbers(writer) == list(range(10))


async def test_a_cancelled_caller_disturbs_nobody(writer: Writer) -> None:
    one = asyncio.create_task(writer.run(_insert(1)))
    await asyncio.sleep(0)
    one.cancel()
    await writer.run(_insert(2))
    assert 2 in await _numbers(writer)


async def test_closing_writes_what_waits(tmp_path: Path, writer: Writer) -> None:
    jobs = [asyncio.ensure_future(writer.run(_insert(number))) for number in range(50)]
    await asyncio.sleep(0)
    await writer.close()
    await asyncio.gather(*jobs)
    with pytest.raises(WriterClosed):
        await writer.run(_insert(99))
    assert connect(tmp_path / "test.db", synchronous="FULL").execute("SELECT count(*) FROM numbers").fetchone() == (50,)


@pytest.mark.slow
async def test_it_tidies_up_when_it_is_quiet_again(writer: Writer, tidied: Tidied) -> None:
    await writer.run(_insert(1))
    await eventually(lambda: tidied.times == 1)


async def test_it_tidies_up_at_the_end(writer: Writer, tidied: Tidied) -> None:
    await writer.run(_insert(1))
    await writer.close()
    assert tidied.times == 1


def _refuses(writer: Writer, *, on: bool) -> None:
    """A disk that takes nothing any more, or takes it again."""
    writer._connection.execute(f"PRAGMA query_only = {int(on)}")


async def test_a_writer_whose_disk_refused_is_not_healthy_until_it_takes_a_write_again_that_nobody_need_make(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "TIDY_AFTER", 0.05)
    _refuses(writer, on=True)
    with pytest.raises(sqlite3.OperationalError):
        await writer.run(_insert(1))
    assert writer.running
    assert not writer.healthy
    _refuses(writer, on=False)
    await eventually(lambda: writer.healthy)
    assert await writer.run(_insert(2)) == 1


async def test_a_writer_whose_commit_failed_is_not_healthy_until_one_succeeds(writer: Writer, tmp_path: Path) -> None:
    other = connect(tmp_path / "test.db", synchronous="FULL")
    await writer.run(lambda connection: connection.execute("PRAGMA busy_timeout = 0"))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await writer.run(_insert(1))
    assert not writer.healthy
    other.execute("ROLLBACK")
    assert await writer.run(_insert(1)) == 1
    assert writer.healthy
    other.close()


async def test_a_writer_whose_commit_hangs_is_not_healthy(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "HANGS", 0.02)
    hung = threading.Event()
    waiting = asyncio.ensure_future(writer.run(lambda _: hung.wait(30)))
    await eventually(lambda: not writer.healthy)
    hung.set()
    await waiting
    assert writer.healthy


async def test_a_mistake_in_a_job_is_not_blamed_on_the_disk(writer: Writer) -> None:
    await writer.run(_insert(1))
    with pytest.raises(sqlite3.IntegrityError):
        await writer.run(_insert(1))
    assert writer.healthy


async def test_a_writer_that_was_closed_is_not_healthy(writer: Writer) -> None:
    assert writer.healthy
    await writer.close()
    assert not writer.healthy


async def test_it_tidies_up_though_it_is_never_quiet(
    writer: Writer, tidied: Tidied, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "TIDY_AFTER", 60.0)
    monkeypatch.setattr(writing, "TIDY_EVERY", 0.05)
    numbers = itertools.count()

    async def was_tidied() -> bool:
        await writer.run(_insert(next(numbers)))
        return tidied.times > 1

    await eventually(was_tidied)


async def test_it_goes_on_tidying_up_while_there_is_more(
    writer: Writer, tidied: Tidied, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "TIDY_AFTER", 0.02)
    tidied.more = 3
    await writer.run(_insert(1))
    await eventually(lambda: tidied.times == 4)

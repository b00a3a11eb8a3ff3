"""The file: who may open it, what is refused and left as it is."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.log import LogUnavailable, Partition, TopicSpec
from libs.log.embedded import EmbeddedLog, LogInUse, NotALog, open_log, schema
from tests.contract.log.reading import append, read, values
from tests.unit.libs.log.embedded.processes import ROOT

HOLD = """
import asyncio, sys
from pathlib import Path
from libs.log.embedded import open_log

async def hold() -> None:
    await open_log(Path(sys.argv[1]))
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.read)

asyncio.run(hold())
"""


def put(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def contents(path: Path) -> bytes | None:
    """None where there is no file."""
    return path.read_bytes() if path.exists() else None


async def test_a_second_writer_is_refused_by_the_name_of_the_file(log: EmbeddedLog, path: Path) -> None:
    with pytest.raises(LogInUse, match=f"writes to {path}: stop it, or set QIAO_DATA"):
        await open_log(path)
    await append(log, Partition("posts", 0), "still writing")


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the log open for writing."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    yield process
    process.kill()
    process.communicate()


async def test_a_writer_in_another_process_is_refused_until_the_first_has_died(
    path: Path, holder: subprocess.Popen[str]
) -> None:
    with pytest.raises(LogInUse):
        await open_log(path)
    holder.kill()
    holder.wait()
    await (await open_log(path)).close()


async def test_a_closed_log_can_be_opened_again_with_all_that_it_had(log: EmbeddedLog, path: Path) -> None:
    await append(log, Partition("posts", 0), "kept")
    topics = await log.topics()
    await log.close()
    again = await open_log(path)
    assert await again.topics() == topics
    [partition] = [p for p, b in (await again.bounds([Partition("posts", 0), Partition("posts", 1)])).items() if b.end]
    [place] = await append(again, partition, "next")
    assert place.offset == 1
    await again.close()


async def test_only_its_owner_may_read_the_file(log: EmbeddedLog, path: Path) -> None:
    await append(log, Partition("posts", 0), "private")
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_every_commit_is_synced_so_that_a_power_loss_takes_nothing(path: Path) -> None:
    connection = schema.open_for_writing(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: the write-ahead log at every commit
    connection.close()


@pytest.mark.parametrize("readonly", [False, True])
async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path, readonly: bool) -> None:
    put(path, b"not a database " * 100)
    with pytest.raises(NotALog, match="is no SQLite file"):
        await open_log(path, readonly=readonly)
    assert contents(path) == b"not a database " * 100


@pytest.mark.parametrize("readonly", [False, True])
async def test_a_database_of_someone_else_is_refused_and_left_as_it_is(path: Path, readonly: bool) -> None:
    with sqlite3.connect(path) as theirs:
        theirs.execute("CREATE TABLE recipes (name TEXT)")
    theirs.close()
    before = contents(path)
    with pytest.raises(NotALog, match="no log of Qiao"):
        await open_log(path, readonly=readonly)
    assert contents(path) == before


async def test_a_file_of_a_newer_version_is_refused(log: EmbeddedLog, path: Path) -> None:
    await log.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(NotALog, match="version 99, this Qiao knows up to 1: upgrade it"):
        await open_log(path)


async def test_reading_does_not_create_a_file(path: Path) -> None:
    with pytest.raises(NotALog, match="does not exist"):
        await open_log(path, readonly=True)
    assert contents(path) is None


async def test_reading_an_empty_file_is_refused(path: Path) -> None:
    put(path, b"")
    with pytest.raises(NotALog, match="is empty"):
        await open_log(path, readonly=True)
    assert contents(path) == b""


async def test_an_empty_file_becomes_a_log(path: Path) -> None:
    put(path, b"")
    log = await open_log(path)
    await log.create([TopicSpec("posts", 1)])
    await log.close()


async def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable, match="missing"):
        await open_log(tmp_path / "missing" / "log.db")


async def test_what_was_refused_can_be_opened_once_it_is_mended(path: Path) -> None:
    put(path, b"not a database")
    with pytest.raises(NotALog):
        await open_log(path)
    put(path, b"")
    await (await open_log(path)).close()


async def test_a_closed_log_is_one_file_that_can_be_copied(log: EmbeddedLog, path: Path) -> None:
    [place] = await append(log, Partition("posts", 0), "complete")
    await log.close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["log.db", "log.db.lock"]
    copied = path.with_name("slice.db")
    put(copied, contents(path) or b"")
    slice_ = await open_log(copied, readonly=True)
    assert values(await read(slice_, Partition("posts", place.partition), 0, 1)) == ["complete"]
    await slice_.close()


async def test_a_damaged_file_is_named_and_not_held(log: EmbeddedLog, path: Path) -> None:
    await log.close()
    whole = contents(path)
    assert whole is not None
    put(path, whole[:4096] + b"damage" * 2_000)
    with pytest.raises(LogUnavailable, match=f"{path}.*malformed"):
        await open_log(path)
    put(path, whole)
    await (await open_log(path)).close()


async def test_nothing_stays_open_after_a_close_or_a_refusal(path: Path) -> None:
    def open_files() -> list[str]:
        links = [Path(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
        return [str(link.readlink()) for link in links if link.exists() and path.parent in link.readlink().parents]

    log = await open_log(path)
    await log.create([TopicSpec("posts", 1)])
    with pytest.raises(LogInUse):
        await open_log(path)
    await log.close()
    other = path.with_name("other.db")
    put(other, b"x" * 2000)
    with pytest.raises(NotALog):
        await open_log(other)
    assert open_files() == []

"""A log that another process writes can be read meanwhile."""

from pathlib import Path

import pytest

from libs.log import Entry, LogError, OffsetOutOfRange, Partition, Record, TopicSpec
from libs.log.embedded import EmbeddedLog, open_log
from tests.contract.log.reading import append, collect, read, values
from tests.unit.libs.log.embedded.processes import start_writer
from tests.waiting import eventually


async def test_what_another_process_writes_is_seen_while_it_writes(path: Path) -> None:
    writer = start_writer(path)
    try:
        await eventually(path.exists)
        log = await eventually(lambda: _opened(path))
        await eventually(log.topics)
        reader = await log.reader({Partition("posts", 0): 0, Partition("posts", 1): 0})
        records = await collect(reader, 3_000)
        for number in (0, 1):
            offsets = [record.offset for record in records if record.partition == number]
            assert offsets == list(range(len(offsets)))
        assert await log.healthy()
        await log.close()
    finally:
        writer.kill()
        writer.communicate()


async def _opened(path: Path) -> EmbeddedLog | None:
    try:
        return await open_log(path, readonly=True)
    except LogError:
        return None


async def test_a_waiting_poll_wakes_for_what_another_connection_wrote(log: EmbeddedLog, path: Path) -> None:
    watching = await open_log(path, readonly=True)
    reader = await watching.reader({Partition("posts", 0): 0, Partition("posts", 1): 0})
    assert await reader.poll(10, 0.1) == {}
    await append(log, Partition("posts", 0), "seen")
    assert values(await collect(reader, 1)) == ["seen"]
    await watching.close()


async def test_a_topic_that_another_process_creates_becomes_known(log: EmbeddedLog, path: Path) -> None:
    watching = await open_log(path, readonly=True)
    await log.create([TopicSpec("late", 1)])

    async def known() -> bool:
        return "late" in await watching.topics()

    await eventually(known)
    await append(log, Partition("late", 0), "here")
    assert values(await read(watching, Partition("late", 0), 0, 1)) == ["here"]
    await watching.close()


async def test_a_log_for_reading_only_refuses_every_write(log: EmbeddedLog, path: Path) -> None:
    watching = await open_log(path, readonly=True)
    for write in (
        watching.append([Entry("posts", b"k", b"v")]),
        watching.create([TopicSpec("new", 1)]),
        watching.restore([Record("posts", 0, 7, 0, b"k", b"v")]),
    ):
        with pytest.raises(LogError, match="for reading only"):
            await write
    await watching.close()


async def test_a_log_is_read_after_its_writer_has_closed_it(log: EmbeddedLog, path: Path) -> None:
    [place] = await append(log, Partition("posts", 0), "kept")
    await log.close()
    watching = await open_log(path, readonly=True)
    assert values(await read(watching, Partition("posts", place.partition), 0, 1)) == ["kept"]
    beyond = await watching.reader({Partition("posts", place.partition): 2})
    with pytest.raises(OffsetOutOfRange):
        await beyond.poll(1, 1.0)
    await watching.close()

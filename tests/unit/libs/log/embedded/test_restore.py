"""Restoring: records keep the sparse offsets and the times of the log that they were cut from."""

from pathlib import Path

import pytest

from libs.log import Bounds, LogError, OffsetOutOfRange, Partition, Record, UnknownTopic
from libs.log.embedded import EmbeddedLog, open_log
from tests.contract.log.reading import append, collect, read

PARTITION = Partition("posts", 1)


def record(offset: int, timestamp: int = 0, partition: int = 1, topic: str = "posts") -> Record:
    return Record(topic, partition, offset, timestamp or 1_000 + offset, b"key", f"{offset}".encode(), (("h", b"1"),))


SPARSE = [record(1_000), record(1_007), record(5_000_000_000)]


async def test_restored_records_are_read_as_they_were(log: EmbeddedLog) -> None:
    await log.restore(SPARSE)
    assert await read(log, PARTITION, 1_000, 3) == SPARSE
    assert await log.bounds([PARTITION]) == {PARTITION: Bounds(1_000, 5_000_000_001)}


async def test_they_are_there_after_the_file_was_opened_again(log: EmbeddedLog, path: Path) -> None:
    await log.restore(SPARSE)
    await log.close()
    again = await open_log(path)
    assert await read(again, PARTITION, 1_000, 3) == SPARSE
    await again.close()


async def test_a_seek_between_sparse_offsets_finds_the_next_record(log: EmbeddedLog) -> None:
    await log.restore(SPARSE)
    assert await read(log, PARTITION, 1_001, 2) == SPARSE[1:]
    assert await log.offsets_at([PARTITION], 2_001) == {PARTITION: 1_007}
    assert await log.offsets_at([PARTITION], 0) == {PARTITION: 1_000}
    assert await log.offsets_at([PARTITION], 10**12) == {PARTITION: 5_000_000_001}


async def test_below_the_first_restored_offset_there_is_nothing_to_read(log: EmbeddedLog) -> None:
    await log.restore(SPARSE)
    reader = await log.reader({PARTITION: 999})
    with pytest.raises(OffsetOutOfRange, match="goes from 1000 to 5000000001, not 999"):
        await reader.poll(1, 1.0)


async def test_appends_go_on_behind_them_and_no_earlier_in_time(log: EmbeddedLog) -> None:
    future = 10**14
    await log.restore([record(9, future, partition) for partition in (0, 1)])
    [place] = await append(log, PARTITION, "next")
    assert place.offset == 10
    [appended] = await read(log, Partition("posts", place.partition), 10, 1)
    assert appended.timestamp == future


async def test_a_waiting_reader_hears_of_them(log: EmbeddedLog) -> None:
    reader = await log.reader({PARTITION: 0})
    assert await reader.poll(10, 0.0) == {}
    await log.restore(SPARSE)
    assert await collect(reader, 3) == SPARSE


@pytest.mark.parametrize(
    "taken",
    [[record(1_007)], [record(0)], [record(6_000_000_000), record(6_000_000_000)], [record(7 * 10**9), record(2)]],
)
async def test_an_offset_that_is_not_above_all_others_is_refused_with_all_of_its_call(
    log: EmbeddedLog, taken: list[Record]
) -> None:
    await log.restore(SPARSE)
    with pytest.raises(LogError, match=r"posts\[1\] ends at \d+: nothing can be restored at"):
        await log.restore(taken)
    assert (await log.bounds([PARTITION]))[PARTITION].end == 5_000_000_001


@pytest.mark.parametrize("stranger", [record(1, topic="missing"), record(1, partition=2), record(1, partition=-1)])
async def test_a_topic_or_partition_that_is_not_there_is_refused(log: EmbeddedLog, stranger: Record) -> None:
    with pytest.raises(UnknownTopic):
        await log.restore([stranger])


async def test_what_the_file_cannot_hold_is_refused_and_the_log_goes_on(log: EmbeddedLog) -> None:
    with pytest.raises(LogError):
        await log.restore([record(2**63)])
    await log.restore(SPARSE)
    assert await read(log, PARTITION, 1_000, 3) == SPARSE

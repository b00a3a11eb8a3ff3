"""Reading without a group: order, positions, pauses, waiting, what lies beyond the log."""

import asyncio
import time

import pytest

from libs.log import Entry, Log, OffsetOutOfRange, Partition
from tests.contract.log.conftest import PARTITIONS
from tests.contract.log.reading import append, collect, in_order, read, values
from tests.waiting import eventually


async def test_each_partition_comes_in_the_order_of_its_offsets(log: Log, topic: str) -> None:
    await log.append([Entry(topic, f"key {n % 20}".encode(), str(n).encode()) for n in range(1_000)])
    reader = await log.reader({Partition(topic, n): 0 for n in range(PARTITIONS)})
    records = await collect(reader, 1_000, max_records=70)
    await reader.close()
    for number in range(PARTITIONS):
        offsets = [record.offset for record in records if record.partition == number]
        assert offsets == list(range(len(offsets)))


async def test_a_reader_starts_where_it_is_told_and_sees_only_its_partitions(log: Log, topic: str) -> None:
    places = await log.append([Entry(topic, f"key {n}".encode(), b"v") for n in range(60)])
    chosen = Partition(topic, 1)
    expected = sorted(place.offset for place in places if place.partition == 1)[3:]
    assert [record.offset for record in await read(log, chosen, 3, len(expected))] == expected


async def test_no_more_records_come_than_asked_for_and_none_is_lost_for_it(log: Log, topic: str) -> None:
    await log.append([Entry(topic, f"key {n}".encode(), str(n).encode()) for n in range(100)])
    reader = await log.reader({Partition(topic, n): 0 for n in range(PARTITIONS)})
    records = await collect(reader, 100, max_records=7)
    await reader.close()
    assert sorted(map(int, values(records))) == list(range(100))


async def test_a_busy_partition_does_not_starve_a_quiet_one(log: Log, partition: Partition, topic: str) -> None:
    quiet = Partition(topic, (await log.append([Entry(topic, b"key", b"quiet")]))[0].partition)
    await append(log, partition, *["busy" * 256] * 3_000)
    reader = await log.reader({partition: 0, quiet: 0})
    polls = 0
    while quiet not in await reader.poll(100, 5.0):
        polls += 1
    await reader.close()
    assert polls < 25


async def test_a_poll_wakes_as_soon_as_something_is_appended(log: Log, partition: Partition) -> None:
    await append(log, partition, "first")
    reader = await log.reader({partition: 0})
    await collect(reader, 1)
    waits = []
    for n in range(5):
        polling = asyncio.create_task(reader.poll(10, 10.0))
        await asyncio.sleep(0.02)
        assert not polling.done()
        await append(log, partition, str(n))
        acknowledged = time.monotonic()
        assert values(in_order(await polling)) == [str(n)]
        waits.append(time.monotonic() - acknowledged)
    await reader.close()
    assert min(waits) < 0.05


async def test_a_poll_of_a_quiet_log_returns_empty_when_its_time_is_up(log: Log, partition: Partition) -> None:
    reader = await log.reader({partition: 0})
    began = time.monotonic()
    assert await reader.poll(10, 0.2) == {}
    assert 0.15 < time.monotonic() - began < 2.0
    assert await reader.poll(10, 0.0) == {}
    await reader.close()


async def test_a_cancelled_poll_loses_nothing(log: Log, topic: str) -> None:
    await log.append([Entry(topic, f"key {n}".encode(), str(n).encode()) for n in range(2_000)])
    reader = await log.reader({Partition(topic, n): 0 for n in range(PARTITIONS)})
    records = []
    async with asyncio.timeout(20):
        for n in range(1_000_000):
            polling = asyncio.create_task(reader.poll(100, 5.0))
            for _ in range(n % 5):
                await asyncio.sleep(0)
            polling.cancel()
            await asyncio.wait([polling])
            if not polling.cancelled():
                records.extend(in_order(await polling))
            records.extend(in_order(await reader.poll(10, 0.05)))
            if len(records) >= 2_000:
                break
    await reader.close()
    assert sorted(map(int, values(records))) == list(range(2_000))


async def test_a_seek_moves_back_and_ahead(log: Log, partition: Partition) -> None:
    await append(log, partition, *(str(n) for n in range(10)))
    reader = await log.reader({partition: 0})
    assert values(await collect(reader, 10)) == [str(n) for n in range(10)]
    reader.seek(partition, 8)
    assert values(await collect(reader, 2)) == ["8", "9"]
    reader.seek(partition, 2)
    assert values(await collect(reader, 3, max_records=3)) == ["2", "3", "4"]
    reader.seek(partition, 7)
    assert values(await collect(reader, 3)) == ["7", "8", "9"]
    await reader.close()


async def test_a_seek_to_the_end_waits_for_what_comes(log: Log, partition: Partition) -> None:
    await append(log, partition, "old")
    reader = await log.reader({partition: 0})
    reader.seek(partition, 1)
    assert await reader.poll(10, 0.1) == {}
    await append(log, partition, "new")
    assert values(await collect(reader, 1)) == ["new"]
    await reader.close()


async def test_a_paused_partition_yields_nothing_until_it_is_resumed(
    log: Log, partition: Partition, topic: str
) -> None:
    other = Partition(topic, (await log.append([Entry(topic, b"key", b"other")]))[0].partition)
    await append(log, partition, "held back")
    reader = await log.reader({partition: 0, other: 0})
    reader.pause([partition, partition])
    assert values(await collect(reader, 1)) == ["other"]
    assert await reader.poll(10, 0.3) == {}
    reader.resume([partition, partition])
    assert values(await collect(reader, 1)) == ["held back"]
    await reader.close()


async def test_a_pause_loses_none_of_what_was_on_its_way(log: Log, partition: Partition) -> None:
    await append(log, partition, *(str(n) for n in range(300)))
    reader = await log.reader({partition: 0})
    got = values(await collect(reader, 10, max_records=10))
    for _ in range(5):
        reader.pause([partition])
        assert await reader.poll(10, 0.02) == {}
        reader.resume([partition])
        got += values(await collect(reader, 10, max_records=10))
    got += values(await collect(reader, 300 - len(got)))
    await reader.close()
    assert got == [str(n) for n in range(300)]


async def test_a_poll_under_way_wakes_when_its_partition_is_resumed(log: Log, partition: Partition) -> None:
    await append(log, partition, "waiting")
    reader = await log.reader({partition: 0})
    reader.pause([partition])
    assert await reader.poll(10, 0.1) == {}
    polling = asyncio.create_task(reader.poll(10, 10.0))
    await asyncio.sleep(0.02)
    reader.resume([partition])
    began = time.monotonic()
    assert values(in_order(await polling)) == ["waiting"]
    assert time.monotonic() - began < 1.0
    await reader.close()


async def test_partitions_of_others_can_be_paused_resumed_and_sought_to_no_effect(
    log: Log, partition: Partition, topic: str
) -> None:
    await append(log, partition, "mine")
    reader = await log.reader({partition: 0})
    others = [Partition(topic, 0), Partition("nowhere", 5)]
    reader.pause(others)
    reader.resume(others)
    reader.seek(others[0], 3)
    assert values(await collect(reader, 1)) == ["mine"]
    await reader.close()


async def test_a_place_beyond_the_end_is_told_and_not_skipped(log: Log, partition: Partition) -> None:
    await append(log, partition, "a", "b")
    reader = await log.reader({partition: 5})
    with pytest.raises(OffsetOutOfRange, match=partition.topic):
        await collect(reader, 1)
    # It is told again for as long as the reader stands there, even once the log has grown past the place.
    with pytest.raises(OffsetOutOfRange):
        await collect(reader, 1)
    reader.seek(partition, 1)
    assert values(await collect(reader, 1)) == ["b"]
    reader.seek(partition, 9)
    with pytest.raises(OffsetOutOfRange):
        await collect(reader, 1)
    await reader.close()


async def test_a_commit_without_a_group_does_nothing(log: Log, partition: Partition) -> None:
    await append(log, partition, "a")
    reader = await log.reader({partition: 0})
    await reader.commit({partition: 1})
    assert values(await collect(reader, 1)) == ["a"]
    await reader.close()


async def test_two_readers_do_not_disturb_each_other(log: Log, partition: Partition) -> None:
    await append(log, partition, "a", "b")
    first, second = await log.reader({partition: 0}), await log.reader({partition: 1})
    assert values(await collect(second, 1)) == ["b"]
    assert values(await collect(first, 2)) == ["a", "b"]
    await first.close()
    await append(log, partition, "c")
    assert values(await collect(second, 1)) == ["c"]
    await second.close()


async def test_a_reader_of_nothing_waits_its_time(log: Log) -> None:
    reader = await log.reader({})
    assert await reader.poll(10, 0.05) == {}
    await reader.close()


async def test_a_reader_can_be_closed_twice_even_while_it_polls(log: Log, partition: Partition) -> None:
    reader = await log.reader({partition: 0})
    polling = asyncio.create_task(reader.poll(10, 30.0))
    await asyncio.sleep(0.05)
    await reader.close()
    await reader.close()
    await eventually(polling.done)
    await asyncio.gather(polling, return_exceptions=True)

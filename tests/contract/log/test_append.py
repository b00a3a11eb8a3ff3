"""Appending: places, order, durability of the acknowledged, refusals."""

import asyncio
import time

import pytest

from libs.log import Entry, Log, LogUnavailable, Partition, UnknownTopic
from libs.log.partitioner import partition_for
from libs.log.sizes import MAX_RECORD
from tests.contract.log.conftest import PARTITIONS
from tests.contract.log.reading import append, collect, placed, read, values


async def test_a_place_says_where_its_record_is_read(log: Log, topic: str) -> None:
    entries = [Entry(topic, f"key {n}".encode(), f"value {n}".encode()) for n in range(20)]
    places = await log.append(entries)
    reader = await log.reader({Partition(topic, n): 0 for n in range(PARTITIONS)})
    records = {place: record for record in await collect(reader, 20) for place in placed([record])}
    await reader.close()
    assert [(records[place].key, records[place].value) for place in places] == [(e.key, e.value) for e in entries]


async def test_a_key_goes_to_the_partition_that_the_partitioner_says(log: Log, topic: str) -> None:
    keys = [f"key {n}".encode() for n in range(50)]
    places = await log.append([Entry(topic, key, b"") for key in keys])
    assert [place.partition for place in places] == [partition_for(key, PARTITIONS) for key in keys]


async def test_entries_of_one_append_keep_their_order_within_a_partition(log: Log, partition: Partition) -> None:
    wanted = [str(n) for n in range(500)]
    places = await append(log, partition, *wanted)
    assert [place.offset for place in places] == list(range(500))
    assert values(await read(log, partition, 0, 500)) == wanted


async def test_appends_one_after_the_other_keep_their_order(log: Log, partition: Partition) -> None:
    for n in range(20):
        [place] = await append(log, partition, str(n))
        assert place.offset == n
    assert values(await read(log, partition, 0, 20)) == [str(n) for n in range(20)]


async def test_appends_at_once_all_get_places_of_their_own(log: Log, partition: Partition) -> None:
    places = await asyncio.gather(*(append(log, partition, f"{n} first", f"{n} second") for n in range(64)))
    records = await read(log, partition, 0, 128)
    by_place = dict(zip(placed(records), values(records), strict=True))
    assert len(by_place) == 128
    for n, (first, second) in enumerate(places):
        assert (by_place[first], by_place[second]) == (f"{n} first", f"{n} second")
        assert first < second


async def test_what_is_appended_to_several_topics_at_once_lands_in_each(
    log: Log, partition: Partition, topic: str
) -> None:
    places = await log.append([Entry(partition.topic, b"k", b"one"), Entry(topic, b"k", b"two")])
    assert [place.topic for place in places] == [partition.topic, topic]
    assert values(await read(log, partition, 0, 1)) == ["one"]


async def test_an_append_of_nothing_is_nothing(log: Log) -> None:
    assert await log.append([]) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (bytes(range(256)), bytes(reversed(range(256)))),
        ("猫税".encode(), "晚安 🌙".encode()),
        (b"\0", b"\0" * 10),
        (b"k", b""),
    ],
    ids=["all bytes", "utf-8", "zeros", "no value"],
)
async def test_keys_and_values_come_back_byte_by_byte(log: Log, partition: Partition, key: bytes, value: bytes) -> None:
    await log.append([Entry(partition.topic, key, value)])
    [record] = await read(log, partition, 0, 1)
    assert (record.key, record.value) == (key, value)


async def test_headers_come_back_in_order_even_when_a_name_repeats(log: Log, partition: Partition) -> None:
    headers = (("ce_id", b"1"), ("名", bytes(range(256))), ("ce_id", b"2"), ("empty", b""))
    await log.append([Entry(partition.topic, b"k", b"v", headers), Entry(partition.topic, b"k", b"v")])
    with_headers, without = await read(log, partition, 0, 2)
    assert with_headers.headers == headers
    assert without.headers == ()


async def test_the_log_sets_the_time_and_it_never_falls(log: Log, partition: Partition) -> None:
    before = time.time_ns() // 1_000_000
    for n in range(10):
        await append(log, partition, str(n))
    after = time.time_ns() // 1_000_000
    times = [record.timestamp for record in await read(log, partition, 0, 10)]
    assert times == sorted(times)
    assert before - 1_000 <= times[0] <= times[-1] <= after + 1_000


async def test_a_record_of_the_largest_size_is_taken(log: Log, partition: Partition) -> None:
    headers = (("h", b"x" * 100),)
    value = b"v" * (MAX_RECORD - len(b"k") - len("h") - 100)
    await log.append([Entry(partition.topic, b"k", value, headers)])
    [record] = await read(log, partition, 0, 1)
    assert record.value == value


async def test_a_record_above_the_bound_is_refused_and_nothing_of_its_append_is_written(
    log: Log, partition: Partition
) -> None:
    small, large = Entry(partition.topic, b"k", b"v"), Entry(partition.topic, b"k", b"v" * MAX_RECORD)
    with pytest.raises(ValueError, match=str(MAX_RECORD)):
        await log.append([small, large])
    assert (await log.bounds([partition]))[partition].end == 0
    await log.append([small])


async def test_an_unknown_topic_is_named_with_what_to_do(log: Log, topic_prefix: str) -> None:
    with pytest.raises(UnknownTopic, match=f"{topic_prefix}missing.*qiao migrate"):
        await log.append([Entry(f"{topic_prefix}missing", b"k", b"v")])
    assert f"{topic_prefix}missing" not in await log.topics()


async def test_a_cancelled_append_leaves_the_log_whole(log: Log, partition: Partition) -> None:
    reader = await log.reader({partition: 0})
    tasks = [asyncio.create_task(append(log, partition, f"cancelled {n}")) for n in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    kept = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert len(kept) == 10
    [last] = await append(log, partition, "last")
    records = await collect(reader, last.offset + 1)
    await reader.close()
    # A cancelled one may have been written or not; all others are there, and offsets have no hole.
    assert [record.offset for record in records] == list(range(last.offset + 1))
    assert {place for [place] in kept} <= set(placed(records))


async def test_a_closed_log_takes_nothing_more(log: Log, partition: Partition) -> None:
    await log.close()
    with pytest.raises(LogUnavailable):
        await append(log, partition, "too late")

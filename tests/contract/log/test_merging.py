"""The canonical order: whatever arrives when, a log's records come by log time, topic, partition and offset."""

from collections.abc import Iterable

import pytest

from libs.log import Bounds, Entry, Log, LogUnavailable, Partition, ReadOnly
from libs.log.merging import Ordered, in_batches, in_canonical_order
from tests.contract.log.conftest import PARTITIONS


def places(topic: str) -> list[Partition]:
    return [Partition(topic, number) for number in range(PARTITIONS)]


async def filled(log: Log, topic: str, count: int = 60) -> dict[Partition, Bounds]:
    for begin in range(0, count, 20):
        await log.append([Entry(topic, f"key {n}".encode(), str(n).encode()) for n in range(begin, begin + 20)])
    return dict(await log.bounds(places(topic)))


async def ordered(log: Log, bounds: dict[Partition, Bounds]) -> list[Ordered]:
    return [each async for stretch in in_canonical_order(log, bounds) for each in stretch]


async def test_every_record_comes_once_in_canonical_order(log: Log, topic: str) -> None:
    found = await ordered(log, await filled(log, topic))
    assert sorted(int(each.record.value) for each in found) == list(range(60))
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert all(each.at[1:] == (each.record.topic, each.record.partition, each.record.offset) for each in found)


async def test_what_lies_outside_the_bounds_does_not_come(log: Log, topic: str) -> None:
    bounds = await filled(log, topic)
    place = max(bounds, key=lambda each: bounds[each].end)
    start, end = bounds[place]
    found = await ordered(log, {place: Bounds(start + 1, end - 1)})
    assert [each.record.offset for each in found] == list(range(start + 1, end - 1))


async def test_nothing_comes_of_nothing(log: Log, topic: str) -> None:
    assert await ordered(log, dict(await log.bounds(places(topic)))) == []


async def test_a_log_that_ends_before_the_bounds_is_told(log: Log, topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.log.merging.POLL_TIMEOUT", 0.2)
    bounds = await filled(log, topic)
    place = max(bounds, key=lambda each: bounds[each].end)
    with pytest.raises(LogUnavailable, match="before its end"):
        await ordered(log, {**bounds, place: Bounds(bounds[place].start, bounds[place].end + 1)})


async def test_batches_have_their_size_however_the_records_arrived(log: Log, topic: str) -> None:
    bounds = await filled(log, topic)
    batches = [batch async for batch in in_batches(in_canonical_order(log, bounds), 25)]
    assert [len(batch) for batch in batches] == [25, 25, 10]
    assert [each for batch in batches for each in batch] == await ordered(log, bounds)


async def test_a_log_opened_for_reading_appends_creates_and_joins_nothing(reading: Log, topic: str) -> None:
    async def nobody(_: Iterable[Partition]) -> dict[Partition, int]:
        raise AssertionError("never asked")

    with pytest.raises(ReadOnly, match="reading only"):
        await reading.append([Entry(topic, b"key", b"value")])
    with pytest.raises(ReadOnly, match="reading only"):
        await reading.create([])
    with pytest.raises(ReadOnly, match="reading only"):
        await reading.subscribe("group", [topic], instance="one", on_assigned=nobody, on_revoked=nobody)

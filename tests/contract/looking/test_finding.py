"""An event is found by its id on both twins: `qiao events show`."""

import time
from uuid import UUID

import pytest

from libs.events import PostLiked, derived_id, envelope_for, lowest_at, new_id, to_record_parts
from libs.log import Bounds, Entry, Log, Partition
from libs.log.publisher import utc_now
from qiao.looking import NoSuchEvent, find_event, find_place
from tests.contract.log.conftest import PARTITIONS, log, open_log, topic

__all__ = ["log", "open_log", "topic"]


def liked(topic: str, event: UUID) -> Entry:
    """An entry whose event has this id."""
    data = PostLiked(account=new_id(), post=new_id())
    parts = to_record_parts(data, envelope_for(data, source="/posts", actor=data.account, now=utc_now(), id=event))
    return Entry(topic, parts.key, parts.value, parts.headers)


async def places(log: Log, topic: str) -> dict[Partition, Bounds]:
    return dict(await log.bounds([Partition(topic, number) for number in range(PARTITIONS)]))


def shifted(seconds: float) -> UUID:
    """An id of so many seconds from now."""
    return derived_id(lowest_at(time.time_ns() // 1_000_000 + round(seconds * 1000)), str(new_id()))


async def test_an_event_is_found_by_an_id_of_now_of_long_ago_and_of_a_fast_clock(log: Log, topic: str) -> None:
    events = [shifted(0), shifted(-3_600), shifted(-2), shifted(20), shifted(3_600)]
    await log.append([liked(topic, event) for event in [*(new_id() for _ in range(50)), *events]])
    bounds = await places(log, topic)
    for event in events:
        record = await find_event(log, bounds, event, lambda _: None)
        assert dict(record.headers)["ce_id"].decode() == str(event)
        assert await find_place(log, bounds, record.place) == record


async def test_an_id_that_is_not_there_ends_the_search(log: Log, topic: str) -> None:
    await log.append([liked(topic, new_id()) for _ in range(20)])
    looked: list[int] = []
    with pytest.raises(NoSuchEvent):
        await find_event(log, await places(log, topic), shifted(0), looked.append)
    assert sum(looked) == 20

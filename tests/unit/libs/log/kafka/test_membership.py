"""What a member of a group does before it lets its partitions go, without a broker."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping

import pytest

from libs.log import Partition
from libs.log.kafka.clock import BrokerClock
from libs.log.kafka.membership import REVOKE_SHARE, GroupReader
from libs.log.kafka.settings import KafkaSettings

HELD = [Partition("posts", 0)]
REBALANCE = 0.2


class Busy:
    """An owner that has a batch in hand."""

    def __init__(self) -> None:
        self.done = asyncio.Event()
        self.revoked: list[Partition] = []

    async def on_assigned(self, partitions: Iterable[Partition]) -> Mapping[Partition, int]:
        return dict.fromkeys(partitions, 0)

    async def on_revoked(self, partitions: Iterable[Partition]) -> None:
        await self.done.wait()
        self.revoked.extend(partitions)


@pytest.fixture
def owner() -> Busy:
    return Busy()


async def _member(owner: Busy, rebalance_timeout: float) -> GroupReader:
    member = GroupReader(
        KafkaSettings(bootstrap="unused:1", rebalance_timeout_s=rebalance_timeout),
        "group",
        ["posts"],
        instance="worker-0",
        on_assigned=owner.on_assigned,
        on_revoked=owner.on_revoked,
        on_close=lambda _: None,
        clock=BrokerClock(),
    )
    member._told = HELD
    return member


@pytest.fixture
async def member(owner: Busy) -> AsyncIterator[GroupReader]:
    member = await _member(owner, 60)
    yield member
    await member.close()


async def test_it_joins_again_only_once_its_owner_is_done_with_the_batch_in_hand(
    member: GroupReader, owner: Busy
) -> None:
    revoking = asyncio.create_task(member.on_partitions_revoked([]))
    assert (await asyncio.wait([revoking], timeout=0.2))[1], "it waits for the owner"
    owner.done.set()
    await asyncio.wait_for(revoking, 10)
    assert owner.revoked == HELD


async def test_it_waits_no_longer_than_the_others_wait_for_it(owner: Busy, caplog: pytest.LogCaptureFixture) -> None:
    member = await _member(owner, REBALANCE)
    began = asyncio.get_running_loop().time()
    await asyncio.wait_for(member.on_partitions_revoked([]), 10)
    assert asyncio.get_running_loop().time() - began >= REBALANCE * REVOKE_SHARE * 0.9
    assert owner.revoked == []
    assert "gave up its partitions before it was done" in caplog.text
    await member.close()

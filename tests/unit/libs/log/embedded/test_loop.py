"""Everything short runs on the event loop, so it must stay short: others get their turn."""

import asyncio
import gc
import time
from collections.abc import Iterator

import pytest

from libs.log import Entry, Partition
from libs.log.embedded import EmbeddedLog

LONGEST = 0.05
BOTH = (Partition("posts", 0), Partition("posts", 1))


class Turns:
    """Measures, in processor time of this thread, how long others keep the loop between two turns of this task."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            left = time.thread_time()
            await asyncio.sleep(0)
            self.longest = max(self.longest, time.thread_time() - left)

    async def end(self) -> float:
        self._task.cancel()
        await asyncio.wait([self._task])
        return self.longest


@pytest.fixture
def no_collections() -> Iterator[None]:
    """The garbage of a whole test session takes longer to go through than what is measured."""
    gc.disable()
    yield
    gc.enable()


def entries(count: int, size: int) -> list[Entry]:
    return [Entry("posts", f"key {n}".encode(), b"x" * size, (("ce_id", b"0123"),)) for n in range(count)]


@pytest.mark.usefixtures("no_collections")
@pytest.mark.parametrize(("count", "size"), [(20_000, 400), (60, 250_000)], ids=["many", "large"])
async def test_catching_up_and_writing_much_lets_others_have_their_turn(
    log: EmbeddedLog, count: int, size: int
) -> None:
    turns = Turns()
    written = [place.offset for place in await log.append(entries(count, size))]
    reader = await log.reader(dict.fromkeys(BOTH, 0))
    read = 0
    while read < count:
        read += sum(map(len, (await reader.poll(100_000, 5.0)).values()))
    assert len(written) == count
    assert await turns.end() < LONGEST


async def test_polling_without_a_timeout_yields_even_when_there_is_nothing(log: EmbeddedLog) -> None:
    reader = await log.reader(dict.fromkeys(BOTH, 0))
    others = 0

    async def count() -> None:
        nonlocal others
        while True:
            others += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    for _ in range(100):
        assert await reader.poll(10, 0.0) == {}
    counting.cancel()
    assert others >= 100


async def test_one_poll_takes_no_more_than_its_share_of_large_records(log: EmbeddedLog) -> None:
    await log.append(entries(20, 1_000_000))
    reader = await log.reader(dict.fromkeys(BOTH, 0))
    polled = await reader.poll(1_000, 5.0)
    # A slice of a partition ends once its values reach 256 KiB: memory does not grow with max_records.
    assert {partition: len(records) for partition, records in polled.items()} == dict.fromkeys(BOTH, 1)

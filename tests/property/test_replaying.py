"""What replay promises, over random histories: the same bytes every time, and the same answers in every order."""

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import Opener
from libs.log import Partition, Record
from libs.projections.replaying import Replayer
from libs.views import Views
from qiao.replay import running
from qiao.replay.digesting import TableDigest, digest
from qiao.replay.running import left_of, run
from qiao.replay.scratch import Note, Scratch, open_scratch
from qiao.replay.until import Until, UntilTime
from qiao.services import projections
from qiao.settings import Settings
from qiao.sources import NoKeys, Source
from services.feeds.calendar import DAY_MS
from services.feeds.queries.timelines import Timelines
from tests.property.capturing import read_all, records_of, source_with
from tests.property.effort import a_share
from tests.property.histories import BEGIN_MS, DAYS, Action, History, actions, people

SETTINGS = Settings(follower_threshold=1)
END_MS = BEGIN_MS + (DAYS + 1) * DAY_MS
BATCH = 7

pytestmark = pytest.mark.may_stall  # many loops in one test: what Hypothesis does in between counts, too


class Killed(Exception):
    """The process is gone."""


def _run(actions: Sequence[Action], check: Callable[[Source, Path], Coroutine[Any, Any, None]]) -> None:
    async def within(directory: Path) -> None:
        async with source_with(directory / "log.db", records_of(History(actions).happened)) as source:
            await check(source, directory)

    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "BATCH", BATCH)
        asyncio.run(within(Path(directory)))


def _scratch(directory: Path) -> Any:
    note = Note(source="the log", slice=None, until="the end", services=(), as_of=END_MS)
    return open_scratch(directory, note, projections(SETTINGS))


async def _replay(source: Source, directory: Path, until: Until, die_after: int | None = None) -> None:
    batches = 0

    def count(_: int) -> None:
        nonlocal batches
        batches += 1
        if batches == die_after:
            raise Killed

    async with _scratch(directory) as scratch:
        replayer = Replayer(projections(SETTINGS), scratch.views, epochs=source.epochs)
        await run(source.log, await left_of(source, replayer, until), replayer, until, count=count)


def _digests(directory: Path, kinds: Iterable[str] = ("own", "crossing")) -> list[TableDigest]:
    return [each for each in digest(directory, END_MS) if each.kind in kinds]


@a_share
@given(actions, st.integers(1, 8))
def test_one_slice_gives_byte_identical_tables_every_time_also_when_it_was_interrupted(
    actions: Sequence[Action], batches: int
) -> None:
    async def check(source: Source, directory: Path) -> None:
        await _replay(source, directory / "once", Until())
        try:
            await _replay(source, directory / "twice", Until(), die_after=batches)
        except Killed:
            await _replay(source, directory / "twice", Until())
        assert _digests(directory / "once") == _digests(directory / "twice")
        assert any(each.rows for each in _digests(directory / "once"))

    _run(actions, check)


@a_share
@given(actions, st.integers(0, 2**32))
def test_in_every_order_that_keeps_partitions_own_tables_are_the_same_and_so_are_all_answers(
    actions: Sequence[Action], seed: int
) -> None:
    async def check(source: Source, directory: Path) -> None:
        await _replay(source, directory / "canonical", Until())
        async with _scratch(directory / "shuffled") as scratch:
            replayer = Replayer(projections(SETTINGS), scratch.views, epochs=source.epochs)
            for batch in _shuffled(await read_all(source.log), Random(seed)):
                await replayer.fold(batch)
            assert replayer.replayed.parked == 0
            shuffled = await _answers(scratch)
        async with _scratch(directory / "canonical") as scratch:
            assert shuffled == await _answers(scratch)
        assert _digests(directory / "canonical", ["own"]) == _digests(directory / "shuffled", ["own"])

    _run(actions, check)


@a_share
@given(actions, st.integers(BEGIN_MS - 2 * DAY_MS, END_MS))
def test_until_a_time_is_a_replay_of_what_the_log_had_then(actions: Sequence[Action], moment: int) -> None:
    async def check(source: Source, directory: Path) -> None:
        await _replay(source, directory / "until", UntilTime("then", moment))
        early = [record for record in await read_all(source.log) if record.timestamp <= moment]
        async with source_with(directory / "early.db", early) as shorter:
            await _replay(shorter, directory / "early", Until())
        assert _digests(directory / "until") == _digests(directory / "early")

    _run(actions, check)


def _shuffled(records: Sequence[Record], random: Random) -> Iterable[list[Record]]:
    """Batches of any size, in any order that keeps each partition's."""
    left: dict[Partition, list[Record]] = defaultdict(list)
    for record in reversed(records):
        left[Partition(record.topic, record.partition)].append(record)
    while left:
        batch = []
        for _ in range(random.randint(1, 12)):
            if left:
                place = random.choice(list(left))
                batch.append(left[place].pop())
                if not left[place]:
                    del left[place]
        yield batch


async def _answers(scratch: Scratch) -> dict[UUID, list[UUID]]:
    return {reader: await _home(scratch.views, reader) for reader in people()}


async def _home(views: Views, reader: UUID) -> list[UUID]:
    timelines, after, found = Timelines(views, Opener(NoKeys())), None, list[UUID]()
    while True:
        page = await timelines.home(reader, END_MS, after, 5)
        found += [card.id for card in page.cards]
        if (after := page.after) is None:
            return found

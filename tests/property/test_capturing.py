"""Captures of random histories: the same as a filter of the whole, closed, and the same however often they ended."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.log import Log, LogUnavailable, Reader, Record, stretches
from libs.log.slices import Manifest, Selection
from qiao.capturing import Ask, NothingNamed, capture, writing
from qiao.settings import Settings
from qiao.sources import Source, open_source
from services.feeds.calendar import DAY_MS
from tests.property.capturing import named, read_all, read_slice, records_of, source_with
from tests.property.effort import a_share
from tests.property.histories import BEGIN_MS, DAYS, Action, History, actions, people

MOMENTS = st.none() | st.integers(BEGIN_MS, BEGIN_MS + DAYS * DAY_MS)
PEOPLE = people()


def _run(actions: Sequence[Action], check: Callable[[Source, list[Record], Path], Coroutine[Any, Any, None]]) -> None:
    async def run(directory: Path) -> None:
        records = records_of(History(actions).happened)
        async with source_with(directory / "log.db", records) as source:
            await check(source, await read_all(source.log), directory)

    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(run(Path(directory)))


async def _captured(source: Source, path: Path, selection: Selection) -> tuple[list[Record], Manifest]:
    await capture(source, Ask(out=path, selection=selection))
    return await read_slice(path)


def _in_range(record: Record, since: int | None, until: int | None) -> bool:
    return (since is None or record.timestamp >= since) and (until is None or record.timestamp < until)


@a_share
@given(actions, MOMENTS, MOMENTS, st.sets(st.sampled_from(("posts", "reactions", "accounts"))))
def test_a_capture_by_time_and_topic_is_a_filter_of_the_whole(
    actions: Sequence[Action], since: int | None, until: int | None, topics: set[str]
) -> None:
    async def check(source: Source, whole: list[Record], directory: Path) -> None:
        selection = Selection(since=since, until=until, topics=tuple(sorted(topics)))
        found, manifest = await _captured(source, directory / "a.qiao", selection)
        assert found == [r for r in whole if _in_range(r, since, until) and (not topics or r.topic in topics)]
        assert manifest.epochs == source.epochs

    _run(actions, check)


@a_share
@given(actions, MOMENTS)
def test_a_capture_by_account_is_what_it_did_and_what_names_it(actions: Sequence[Action], since: int | None) -> None:
    async def check(source: Source, whole: list[Record], directory: Path) -> None:
        asked = Selection(since=since, accounts=(PEOPLE[1],))
        text = str(PEOPLE[1]).encode()
        expected = [
            r for r in whole if _in_range(r, since, None) and (text in r.value or ("ce_actor", text) in r.headers)
        ]
        if not expected:
            with pytest.raises(NothingNamed):
                await capture(source, Ask(out=directory / "a.qiao", selection=asked))
        else:
            assert (await _captured(source, directory / "a.qiao", asked))[0] == expected

    _run(actions, check)


@a_share
@given(actions, MOMENTS, MOMENTS)
def test_a_closure_is_closed(actions: Sequence[Action], since: int | None, until: int | None) -> None:
    async def check(source: Source, whole: list[Record], directory: Path) -> None:
        asked = Selection(since=since, until=until, accounts=(PEOPLE[0],), closure=True)
        try:
            found, _ = await _captured(source, directory / "a.qiao", asked)
        except NothingNamed:
            return
        taken = {(r.topic, r.partition, r.offset) for r in found}
        wanted = {name for r in found for name in named(r).back}
        seeds = [r for r in found if str(PEOPLE[0]).encode() in r.value and _in_range(r, since, until)]
        wanted |= {name for r in seeds for name in named(r).forward}
        missing = [
            r
            for r in whole
            if _in_range(r, None, until) and named(r).answers & wanted and (r.topic, r.partition, r.offset) not in taken
        ]
        assert not missing

    _run(actions, check)


@a_share
@given(actions)
def test_a_closure_of_a_closure_is_itself(actions: Sequence[Action]) -> None:
    async def check(source: Source, whole: list[Record], directory: Path) -> None:
        asked = Selection(accounts=(PEOPLE[0],), closure=True)
        first = await capture(source, Ask(out=directory / "a.qiao", selection=asked))
        async with open_source(str(first.path), Settings()) as again:
            second, manifest = await _captured(again, directory / "b.qiao", asked)
        assert second == (await read_slice(first.path))[0]
        assert manifest.complete_for == first.manifest.complete_for

    _run(actions, check)


def _beside(out: Path) -> list[Path]:
    """Drafts and indexes that were left."""
    return list(out.parent.glob(f"{out.name}.*"))


class _Dying(Log):
    """A log that goes away after so many polls."""

    def __new__(cls, log: Log, polls: int) -> Any:
        """Wraps: everything else is the log's own."""
        made = object.__new__(type("Dying", (), {"__getattr__": lambda self, name: getattr(log, name)}))

        async def reader(start: Any) -> Reader:
            inner = await log.reader(start)
            poll = inner.poll

            async def dying(most: int, timeout: float) -> Any:
                nonlocal polls
                polls -= 1
                if polls < 0:
                    raise LogUnavailable("the broker went away")
                return await poll(min(most, 7), timeout)

            inner.poll = dying  # type: ignore[method-assign]
            return inner

        made.reader = reader
        return made


@settings(a_share, max_examples=max(2, a_share.max_examples // 3))
@given(actions, st.booleans(), st.integers(0, 6))
def test_a_capture_that_ends_anywhere_goes_on_to_the_same_records(
    actions: Sequence[Action], closure: bool, polls: int
) -> None:
    async def check(source: Source, whole: list[Record], directory: Path) -> None:
        asked = Selection(accounts=(PEOPLE[2],), closure=closure)
        expected, manifest = await _captured(source, directory / "whole.qiao", asked)
        ask = Ask(out=directory / "parts.qiao", selection=asked)
        ended = 0
        while not ask.out.exists():
            try:
                await capture(source._replace(log=_Dying(source.log, polls + ended)), ask)
            except LogUnavailable:
                ended += 1
        found, again = await read_slice(ask.out)
        assert found == expected
        assert again.partitions == manifest.partitions
        assert _beside(ask.out) == []

    _run(actions, check)


def test_jumps_and_small_transactions_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def check(source: Source, whole: list[Record], directory: Path) -> None:
        asked = Selection(accounts=(PEOPLE[0],), closure=True)
        expected = await _captured(source, directory / "a.qiao", asked)
        monkeypatch.setattr(stretches, "GAP", 0)
        monkeypatch.setattr(stretches, "POLL_EVENTS", 3)
        monkeypatch.setattr(writing, "TOGETHER", 2)
        found = await _captured(source, directory / "b.qiao", asked)
        assert found[0] == expected[0]

    _run([Action("post", n, n) for n in range(30)] + [Action("follow", n, n + 1) for n in range(30)], check)

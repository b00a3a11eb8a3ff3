"""A captured log is written into an empty one of either twin: every event where it was, under a new epoch."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from libs.log import Entry, Log, Partition, Record, TopicSpec, embedded
from libs.log.partitioner import partition_for
from libs.log.slices import Selection, Slice, open_slice
from libs.vault import Vault, sqlite
from libs.vault.epochs import TopicChanged, TopicUnknown, epoch_of, register
from qiao.capturing import Ask, capture
from qiao.restoring import Restored, RestoreRefused, restore
from qiao.settings import Settings
from qiao.sources import NoKeys, Source, bounds_of
from tests.contract.log.conftest import log, open_log
from tests.property.capturing import read_all

__all__ = ["log", "open_log"]

PARTITIONS = 3
SETTINGS = Settings(partitions=PARTITIONS)
EPOCH = 4
MANY = 2_000


class Cut(Exception):
    """The process dies."""


def _records(
    topics: Sequence[str], first: int, count: int, *, ends: dict[Partition, int] | None = None
) -> list[Record]:
    """Dense offsets, rising times; `ends` carries on where others ended."""
    ends = {} if ends is None else ends
    found = []
    for number in range(first, first + count):
        topic, key = topics[number % len(topics)], b"key %d" % (number % 50)
        place = Partition(topic, partition_for(key, PARTITIONS))
        offset = ends.get(place, 0)
        ends[place] = offset + 1
        found.append(Record(*place, offset, 1_000 + number, key, b'{"n": %d}' % number, (("ce_id", b"%d" % number),)))
    return found


@pytest.fixture
def topics(topic_prefix: str) -> list[str]:
    return [f"{topic_prefix}{name}" for name in ("posts", "reactions")]


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    opened = await sqlite.open_vault(tmp_path / "vault.db")
    yield opened
    await opened.close()


@asynccontextmanager
async def _sliced(
    directory: Path, topics: Sequence[str], records: Sequence[Record], selection: Selection | None = None
) -> AsyncIterator[Slice]:
    """A log with these records, captured."""
    directory.mkdir()  # noqa: ASYNC240 - a test's folder
    lost = await embedded.open_log(directory / "lost.db")
    await lost.create([TopicSpec(topic, PARTITIONS) for topic in topics])
    await lost.restore(records)
    source = Source("the log", lost, await bounds_of(lost), dict.fromkeys(topics, EPOCH), NoKeys())
    await capture(source, Ask(out=directory / "log.qiao", selection=selection or Selection()))
    await lost.close()
    opened = await open_slice(directory / "log.qiao")
    yield opened
    await opened.log.close()


async def _there(log: Log, topics: Sequence[str]) -> list[Record]:
    return [record for record in await read_all(log) if record.topic in topics]


def _contents(records: Sequence[Record]) -> list[tuple[object, ...]]:
    """All but the times."""
    ordered = sorted(records, key=lambda each: each.place)
    return [(*each.place, each.key, each.value, each.headers) for each in ordered]


async def _restore(source: Slice, log: Log, vault: Vault, **more: object) -> Restored:
    return await restore(source, log, vault, SETTINGS, **more)  # type: ignore[arg-type]


async def test_every_event_is_at_its_offset_again_with_its_id(
    log: Log, vault: Vault, topics: list[str], tmp_path: Path
) -> None:
    records = _records(topics, 0, MANY)
    async with _sliced(tmp_path / "slice", topics, records) as source:
        restored = await _restore(source, log, vault)
    assert restored.written == MANY
    assert _contents(await _there(log, topics)) == _contents(records)


async def test_times_follow_each_other_as_they_did(log: Log, vault: Vault, topics: list[str], tmp_path: Path) -> None:
    async with _sliced(tmp_path / "slice", topics, _records(topics, 0, MANY)) as source:
        await _restore(source, log, vault)
    there = await _there(log, topics)
    numbers = [msgspec.json.decode(each.value)["n"] for each in sorted(there, key=lambda each: each.timestamp)]
    # What is appended together may change places; nothing else may.
    assert max(abs(number - place) for place, number in enumerate(numbers)) < 500


async def test_the_epoch_is_above_that_of_the_lost_log_and_rises_once(
    log: Log, vault: Vault, topics: list[str], tmp_path: Path
) -> None:
    await vault.migrate()
    for topic in topics:
        await register(vault, topic, "the topic that was lost")
    async with _sliced(tmp_path / "slice", topics, _records(topics, 0, 10)) as source:
        first, again = await _restore(source, log, vault), await _restore(source, log, vault)
    assert first.epochs == again.epochs == dict.fromkeys(topics, EPOCH + 1)
    assert (again.written, again.held) == (0, 10)
    for topic in topics:
        assert await epoch_of(vault, topic, (await log.topics())[topic].id) == EPOCH + 1


@pytest.mark.parametrize("known", [False, True], ids=["vault lost, too", "vault restored"])
async def test_a_restore_that_was_killed_goes_on_and_nobody_may_fold_half_a_log(
    log: Log, vault: Vault, topics: list[str], tmp_path: Path, known: bool
) -> None:
    records = _records(topics, 0, MANY)
    await vault.migrate()
    if known:
        for topic in topics:
            await register(vault, topic, "the topic that was lost")

    def cut(more: int) -> None:
        raise Cut

    async with _sliced(tmp_path / "slice", topics, records) as source:
        with pytest.raises(Cut):
            await _restore(source, log, vault, told=cut)
        for topic in topics:
            with pytest.raises(TopicChanged if known else TopicUnknown):
                await epoch_of(vault, topic, (await log.topics())[topic].id)
        restored = await _restore(source, log, vault)
    assert 0 < restored.held < MANY
    assert restored.held + restored.written == MANY
    assert _contents(await _there(log, topics)) == _contents(records)


async def test_a_log_that_has_other_events_is_left_as_it_is(
    log: Log, vault: Vault, topics: list[str], tmp_path: Path
) -> None:
    await log.create([TopicSpec(topic, PARTITIONS) for topic in topics])
    [there] = await log.append([Entry(topics[0], b"key 0", b"something else")])
    async with _sliced(tmp_path / "slice", topics, _records(topics, 0, 100)) as source:
        with pytest.raises(RestoreRefused, match="other events"):
            await _restore(source, log, vault)
    assert [record.place for record in await _there(log, topics)] == [there]


async def test_who_else_writes_meanwhile_is_noticed(log: Log, vault: Vault, topics: list[str], tmp_path: Path) -> None:
    async def append(entries: Sequence[Entry]) -> list[object]:
        await original([entries[0]])
        return list(await original(entries))

    original = log.append
    log.append = append  # type: ignore[method-assign, assignment]
    async with _sliced(tmp_path / "slice", topics, _records(topics, 0, 100)) as source:
        with pytest.raises(RestoreRefused, match="somebody else writes"):
            await _restore(source, log, vault)
    with pytest.raises(TopicUnknown):
        await epoch_of(vault, topics[0], "any")


async def test_slices_of_one_log_are_restored_one_after_the_other(
    log: Log, vault: Vault, topics: list[str], tmp_path: Path
) -> None:
    ends: dict[Partition, int] = {}
    records = [*_records(topics, 0, 300, ends=ends), *_records(topics, 300, 200, ends=ends)]
    night = Selection(until=1_300)
    # The second begins before the first ends: what both have is compared.
    day = Selection(since=1_250)
    async with (
        _sliced(tmp_path / "night", topics, records, night) as first,
        _sliced(tmp_path / "day", topics, records, day) as second,
    ):
        with pytest.raises(RestoreRefused, match="the time before it first"):
            await _restore(second, log, vault)
        await _restore(first, log, vault)
        restored = await _restore(second, log, vault)
        assert (restored.held, restored.written) == (50, 200)
        assert (await _restore(first, log, vault)).written == 0
    assert _contents(await _there(log, topics)) == _contents(records)


async def test_a_slice_with_gaps_or_of_some_events_is_restored_only_as_a_part(
    log: Log, vault: Vault, topics: list[str], tmp_path: Path
) -> None:
    records = _records(topics, 0, 200)
    sparse = [each for each in records if each.offset % 3]
    async with (
        _sliced(tmp_path / "gaps", topics, sparse) as gaps,
        _sliced(tmp_path / "some", topics, records, Selection(topics=(topics[0],))) as some,
    ):
        with pytest.raises(RestoreRefused, match="gaps"):
            await _restore(gaps, log, vault)
        with pytest.raises(RestoreRefused, match="not all events"):
            await _restore(some, log, vault)
        await _restore(gaps, log, vault, part=True)
        assert (await _restore(gaps, log, vault, part=True)).written == 0
    there = sorted(await _there(log, topics), key=lambda each: each.place)
    assert [each.value for each in there] == [each.value for each in sorted(sparse, key=lambda each: each.place)]


async def test_another_number_of_partitions_is_refused_by_the_name_of_its_variable(
    log: Log, vault: Vault, topics: list[str], tmp_path: Path
) -> None:
    async with _sliced(tmp_path / "slice", topics, _records(topics, 0, 10)) as source:
        with pytest.raises(RestoreRefused, match="QIAO_PARTITIONS=3"):
            await restore(source, log, vault, Settings(partitions=12))
    assert not set(topics) & set(await log.topics())

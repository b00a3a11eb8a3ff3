"""The host over the real embedded log: it folds what comes, retries for ever, stops whole and knows its own log."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec
import pytest

from libs.log import Fenced, LogUnavailable, Partition, Reader, Record
from libs.log.port import OnAssigned, OnRevoked
from libs.projections import FoldStores, Host, Moves, ProjectionRefused, total
from libs.projections.host import Running
from libs.projections.progress import Marks
from libs.projections.queue import QUEUE_EVENTS
from libs.projections.redrive import Request, answer, ask
from libs.projections.tables import PROGRESS
from libs.projections.worker import PARKED_IN_A_ROW
from libs.telemetry.metrics import REGISTRY
from libs.vault.epochs import TopicChanged, TopicUnknown, raise_epoch
from libs.views import Put, Table, Views, ViewsUnavailable
from tests.unit.libs.projections.lab import AMY, BOB, CAT, POSTS, REACTIONS, Lab, an_id, like, post
from tests.unit.libs.projections.stepping import SteppingViews, Steps
from tests.waiting import eventually

R = TypeVar("R", bound=msgspec.Struct)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that looks up more often, so that stopping it takes no half second."""
    monkeypatch.setattr("libs.projections.host.POLL_TIMEOUT", 0.02)
    monkeypatch.setattr("libs.projections.host.BACKOFF", 0.02)
    monkeypatch.setattr("libs.projections.host.TIDY_EVERY", 0.1)
    monkeypatch.setattr("libs.projections.worker.LOOK_FOR_REQUESTS", 0.05)


def _host(lab: Lab, views: Views | None = None, instance: str = "one") -> Host:
    stores = lab.stores
    return Host(
        lab.toy.projection, FoldStores(stores.log, views or lab.views, stores.publisher), lab.vault, instance=instance
    )


@asynccontextmanager
async def running(host: Host) -> AsyncIterator[Host]:
    """The host at work; afterwards it is told to stop, and whatever ended it is raised."""
    task = asyncio.create_task(host.run())
    try:
        yield host
    finally:
        host.stop()
        await asyncio.wait_for(task, 10)


class Weather:
    """The way to the views, which can be cut for writes, or for reads."""

    def __init__(self, lab: Lab, cut: str = "write") -> None:
        self.down = False
        self.failures = 0
        self.views = SteppingViews(lab.views, Steps(), self._before)
        self._cut = cut

    def _before(self, step: str) -> None:
        if self.down and step.startswith(self._cut):
            self.failures += 1
            raise ViewsUnavailable("the weather")


def _reaches(lab: Lab, partition: Partition, offset: int) -> Callable[[], object]:
    async def reached() -> bool:
        return await lab.reached(partition) >= offset

    return reached


async def test_whoever_pauses_for_it_is_woken_once_it_has_folded(lab: Lab) -> None:
    moves, stores = Moves(), lab.stores
    stores = stores._replace(moved=moves.moved)
    async with running(Host(lab.toy.projection, stores, lab.vault, instance="one")):
        pausing = asyncio.create_task(moves.pause(60))
        await asyncio.sleep(0)
        await lab.append(like(AMY))
        await asyncio.wait_for(pausing, 10)
    assert await lab.reached(REACTIONS) == 1


async def test_it_folds_what_is_there_and_what_comes(lab: Lab) -> None:
    await lab.append(like(AMY))
    async with running(_host(lab)):
        await eventually(_reaches(lab, REACTIONS, 1))
        await lab.append(like(BOB))
        await eventually(_reaches(lab, REACTIONS, 2))
    assert await lab.likes() == 2


async def test_it_goes_on_where_it_stopped(lab: Lab) -> None:
    await lab.append(like(AMY))
    async with running(_host(lab)):
        await eventually(_reaches(lab, REACTIONS, 1))
    await lab.append(like(BOB))
    weather = Weather(lab)
    async with running(_host(lab, weather.views)):
        await eventually(_reaches(lab, REACTIONS, 2))
    assert weather.views._steps.done.count("write toy.likes") == 1


async def test_it_says_that_it_has_not_joined_and_then_that_all_is_well(lab: Lab) -> None:
    host = _host(lab)
    assert host.trouble == "not joined yet"
    async with running(host):
        await eventually(lambda: host.trouble is None)


class BesidePoll(Reader):
    """A reader whose callbacks run beside `poll`, as Kafka's do, and are cancelled when it is closed."""

    def __init__(self, on_assigned: OnAssigned) -> None:
        self._on_assigned = on_assigned
        self.asking: asyncio.Task[Mapping[Partition, int]] | None = None

    async def poll(self, max_records: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        if self.asking is None:
            self.asking = asyncio.ensure_future(self._on_assigned([REACTIONS]))
        await asyncio.wait([self.asking], timeout=timeout)
        return {}

    def seek(self, partition: Partition, offset: int) -> None: ...

    def pause(self, partitions: Iterable[Partition]) -> None: ...

    def resume(self, partitions: Iterable[Partition]) -> None: ...

    async def commit(self, offsets: Mapping[Partition, int]) -> None: ...

    async def close(self) -> None:
        if self.asking is not None:
            self.asking.cancel()
            await asyncio.wait([self.asking])


@pytest.fixture
def beside_poll(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Callbacks run beside `poll`."""

    async def subscribe(
        group: str, topics: Sequence[str], *, instance: str, on_assigned: OnAssigned, on_revoked: OnRevoked
    ) -> Reader:
        return BesidePoll(on_assigned)

    monkeypatch.setattr(lab.log, "subscribe", subscribe)


async def _stops_while_it_begins(lab: Lab) -> None:
    weather = Weather(lab, cut="read")
    weather.down = True
    async with running(_host(lab, weather.views)):
        await eventually(lambda: weather.failures > 5)


async def test_a_host_that_cannot_begin_its_partitions_stops_when_it_is_told(lab: Lab) -> None:
    await _stops_while_it_begins(lab)


@pytest.mark.usefixtures("beside_poll")
async def test_so_it_does_where_the_log_tells_of_partitions_beside_poll(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    await _stops_while_it_begins(lab)
    gc.collect()
    assert "never retrieved" not in caplog.text


@pytest.mark.usefixtures("beside_poll")
async def test_partitions_that_are_begun_just_when_it_is_told_to_stop_are_let_go_of(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, finishing = _host(lab), asyncio.Event()
    begin_all, finish = host._begin_all, host._finish

    async def begin_meanwhile(places: Sequence[Partition]) -> Mapping[Partition, int]:
        starts = await begin_all(places)
        host.stop()
        await finishing.wait()
        return starts

    async def note_and_finish(reader: Reader) -> None:
        finishing.set()
        await finish(reader)

    monkeypatch.setattr(host, "_begin_all", begin_meanwhile)
    monkeypatch.setattr(host, "_finish", note_and_finish)
    await asyncio.wait_for(host.run(), 10)
    assert host._running == {}


class GatedViews(SteppingViews):
    """Writes wait at a gate."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab.views, Steps())
        self.asked, self.gate = asyncio.Event(), asyncio.Event()

    async def write(self, *stages: Sequence[Put]) -> None:
        self.asked.set()
        await self.gate.wait()
        await super().write(*stages)


async def test_a_stop_finishes_the_batch_in_hand(lab: Lab) -> None:
    await lab.append(like(AMY), like(BOB))
    views = GatedViews(lab)
    host = _host(lab, views)
    task = asyncio.create_task(host.run())
    await views.asked.wait()
    host.stop()
    assert (await asyncio.wait([task], timeout=0.2))[1], "it waits for the batch"
    views.gate.set()
    await asyncio.wait_for(task, 10)
    assert await lab.reached(REACTIONS) == 2
    assert await lab.likes() == 2


async def test_partitions_are_given_up_only_once_the_batch_in_hand_is_finished(lab: Lab) -> None:
    await lab.append(like(AMY), like(BOB))
    views = GatedViews(lab)
    host = _host(lab, views)
    async with running(host):
        await views.asked.wait()
        revoking = asyncio.create_task(host._revoked([REACTIONS]))
        assert (await asyncio.wait([revoking], timeout=0.2))[1], "it waits for the batch"
        views.gate.set()
        await asyncio.wait_for(revoking, 10)
        assert await lab.reached(REACTIONS) == 2


async def test_workers_whose_end_is_cut_off_do_not_go_on_without_an_owner(lab: Lab) -> None:
    host, process, never = _host(lab), await lab.process(REACTIONS), asyncio.Event()
    task = asyncio.create_task(_waits(never))
    host._running[REACTIONS] = Running(process.worker, process.folder, task)
    ending = asyncio.create_task(host._end([REACTIONS]))
    await eventually(lambda: REACTIONS not in host._running)
    ending.cancel()
    await asyncio.wait([ending])
    done, _ = await asyncio.wait([task], timeout=5)
    assert done
    assert task.cancelled()


async def _waits(event: asyncio.Event) -> None:
    await event.wait()


async def test_a_store_that_is_away_is_waited_for_however_long_and_the_health_says_so(lab: Lab) -> None:
    weather = Weather(lab)
    retries = _retries()
    host = _host(lab, weather.views)
    async with running(host):
        await eventually(lambda: host.trouble is None)
        weather.down = True
        await lab.append(like(AMY), like(BOB))
        await eventually(lambda: weather.failures > 50)
        assert host.trouble is not None
        assert "the weather" in host.trouble
        weather.down = False
        await eventually(_reaches(lab, REACTIONS, 2))
        await eventually(lambda: host.trouble is None)
    assert await lab.likes() == 2
    assert await lab.parked(REACTIONS) == []
    assert _retries() >= retries + 50


@pytest.mark.slow
async def test_meanwhile_the_reader_is_paused_once_the_queue_is_full_and_nothing_is_lost(lab: Lab) -> None:
    weather = Weather(lab)
    host = _host(lab, weather.views)
    people = [an_id(number) for number in range(10, 60)]
    total_likes = QUEUE_EVENTS * 2
    async with running(host):
        await eventually(lambda: host.trouble is None)
        weather.down = True
        entries = (await lab.append(*(like(person) for person in people)), await lab.records(REACTIONS))[1]
        for _ in range(total_likes // len(people) - 1):
            await asyncio.gather(*(lab.copy(record) for record in entries))
        worker = host._running[REACTIONS].worker
        await eventually(lambda: len(worker._queue) >= QUEUE_EVENTS)
        waiting = len(worker._queue)
        await eventually(lambda: weather.failures > 200)
        assert len(worker._queue) == waiting < total_likes - 200
        weather.down = False
        await eventually(_reaches(lab, REACTIONS, total_likes), timeout=30)
    assert await lab.likes() == len(people)


async def test_a_log_that_cannot_be_polled_is_waited_for(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    host = _host(lab)
    async with running(host):
        await eventually(lambda: host.trouble is None)
        reader = host._reader
        assert reader is not None
        poll, down = reader.poll, [True]

        async def stormy(max_records: int, timeout: float) -> object:
            if down[0]:
                raise LogUnavailable("no broker")
            return await poll(max_records, timeout)

        monkeypatch.setattr(reader, "poll", stormy)
        await eventually(lambda: "no broker" in (host.trouble or ""))
        down[0] = False
        await lab.append(like(AMY))
        await eventually(_reaches(lab, REACTIONS, 1))
        assert host.trouble is None


async def test_a_partition_that_stopped_says_so_and_the_others_go_on(lab: Lab) -> None:
    people = [an_id(number) for number in range(10, 12 + PARKED_IN_A_ROW)]
    lab.toy.broken.update(people)
    await lab.append(*(like(person) for person in people))
    host = _host(lab)
    async with running(host):
        await eventually(lambda: "too many keys parked in a row" in (host.trouble or ""))
        await lab.append(post(0))
        await eventually(_reaches(lab, POSTS, 1))
        assert "reactions[0]: stopped: PartitionStopped" in (host.trouble or "")
    assert len(await lab.parked(REACTIONS)) == PARKED_IN_A_ROW


async def test_a_redrive_is_carried_out_by_the_owner_while_it_runs(lab: Lab) -> None:
    lab.toy.broken.add(AMY)
    await lab.append(like(AMY), like(BOB))
    async with running(_host(lab)):
        await eventually(_reaches(lab, REACTIONS, 2))
        lab.toy.broken.clear()
        assert await ask(
            lab.vault, "toy", REACTIONS, Request(action="redrive", key=str(AMY), actor="tester", reason="mended")
        )

        async def done() -> bool:
            found = await answer(lab.vault, "toy", REACTIONS)
            return found is not None and found.state == "done"

        await eventually(done)
        await lab.append(like(CAT))
        await eventually(_reaches(lab, REACTIONS, 3))
    assert await lab.likes() == 3


async def test_a_log_that_ends_below_the_progress_is_refused(lab: Lab) -> None:
    await lab.append(like(AMY))
    await lab.views.write([Marks("toy").put(REACTIONS, "reached", 5, 1)])
    with pytest.raises(ProjectionRefused, match=r"toy has folded reactions\[0\] up to 5, but the log ends at 1"):
        await _host(lab).run()


class DoubleAtWork(SteppingViews):
    """The owner before us has not heard of us yet: it folds a new event just before we look how far it has come."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab.views, Steps())
        self._lab = lab

    async def get(self, table: Table[R], *key: object) -> R | None:
        if table is PROGRESS and key[2:] == (*REACTIONS, "reached"):
            await self._lab.append(like(BOB))
            await self._lab.views.write([Marks("toy").put(REACTIONS, "reached", 2, 1)])
        return await super().get(table, *key)


async def test_an_owner_that_goes_on_folding_while_it_is_replaced_is_not_ahead_of_the_log(lab: Lab) -> None:
    await lab.append(like(AMY))
    async with running(_host(lab, DoubleAtWork(lab))) as host:
        await eventually(lambda: host.trouble is None)


async def test_a_topic_that_was_made_again_is_refused_until_its_epoch_is_raised(lab: Lab) -> None:
    await raise_epoch(lab.vault, "reactions", "another id")
    with pytest.raises(TopicChanged, match="reactions"):
        await _host(lab).run()


async def test_in_a_new_epoch_everything_is_folded_from_the_beginning(lab: Lab) -> None:
    await lab.append(like(AMY), like(BOB))
    await lab.views.write([Marks("toy").put(REACTIONS, "reached", 2, 1)])
    await raise_epoch(lab.vault, "reactions", (await lab.log.topics())["reactions"].id)
    async with running(_host(lab)):

        async def folded() -> bool:
            return await lab.likes() == 2

        await eventually(folded)


async def test_what_was_reached_or_parked_before_the_epoch_rose_counts_no_more(lab: Lab) -> None:
    lab.toy.broken.add(AMY)
    await lab.append(like(AMY))
    async with running(_host(lab)):
        await eventually(_reaches(lab, REACTIONS, 1))
    await raise_epoch(lab.vault, "reactions", (await lab.log.topics())["reactions"].id)
    assert await lab.reached(REACTIONS) == 0
    lab.toy.broken.clear()
    async with running(_host(lab)):
        await eventually(_reaches(lab, REACTIONS, 1))
    assert await lab.likes() == 1


async def test_a_topic_without_an_epoch_is_refused(lab: Lab) -> None:
    await lab.vault.delete("topic-epoch", "reactions")
    with pytest.raises(TopicUnknown, match="qiao migrate"):
        await _host(lab).run()


async def test_a_second_host_of_the_same_name_ends_the_first(lab: Lab) -> None:
    first = asyncio.create_task(_host(lab).run())
    await lab.append(like(AMY))
    await eventually(_reaches(lab, REACTIONS, 1))
    async with running(_host(lab)):
        with pytest.raises(Fenced):
            await asyncio.wait_for(first, 10)
        await lab.append(like(BOB))
        await eventually(_reaches(lab, REACTIONS, 2))
    assert await lab.likes() == 2


async def test_lag_and_parked_keys_are_measured_and_forgotten_with_the_partition(lab: Lab) -> None:
    lab.toy.broken.add(AMY)
    await lab.append(like(AMY), like(BOB))
    place = {"projection": "toy", "topic": "reactions", "partition": "0"}
    async with running(_host(lab)):
        await eventually(_reaches(lab, REACTIONS, 2))
        await eventually(lambda: REGISTRY.get_sample_value("qiao_projection_parked_keys", place) == 1)
        assert REGISTRY.get_sample_value("qiao_projection_lag_events", place) == 0
    assert REGISTRY.get_sample_value("qiao_projection_parked_keys", place) == 0


def test_the_total_of_a_tally_is_never_below_zero() -> None:
    assert total([], "likes") == 0


def _retries() -> float:
    labels = {"what": "fold toy", "error": "ViewsUnavailable"}
    return REGISTRY.get_sample_value("qiao_retries_total", labels) or 0.0

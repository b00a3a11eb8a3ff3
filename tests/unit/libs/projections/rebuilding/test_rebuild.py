"""Rebuild: a new generation is filled beside the live tables, compared with them, and takes their place."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from random import Random
from typing import Any
from unittest.mock import AsyncMock

import pytest
from msgspec.structs import replace

from libs.log import Bounds, Log, Partition
from libs.projections import ProjectionRefused, ViewProgress
from libs.projections.generations import ServingViews, at_generation
from libs.projections.progress import Marks
from libs.projections.rebuilding import (
    Compared,
    DecidedLate,
    Differs,
    LeaseHeld,
    NobodyStopped,
    NothingToDo,
    Paused,
    StillStands,
    ask_to_pause,
    rebuilding,
)
from libs.projections.rebuilding.comparing import compare
from libs.projections.rebuilding.following import Follower
from libs.projections.rebuilding.throttle import Throttle
from libs.projections.redrive import Request, answer, ask
from libs.views import Put, SchemaOutdated
from tests.unit.libs.projections import toy
from tests.unit.libs.projections.lab import AMY, BOB, CAT, POSTS, REACTIONS, Lab, an_id, like, post, unlike
from tests.unit.libs.projections.rebuilding.site import (
    at_work,
    dump,
    echoes,
    fold_all,
    folded_by,
    ground,
    parked,
    rebuild,
    standing,
)
from tests.unit.libs.projections.toy import LIKES, TALLIES, Like
from tests.waiting import eventually

STORY = [post(0), post(1), like(AMY), like(BOB), unlike(AMY), like(CAT, 1), like(AMY), like(AMY)]


@pytest.fixture
async def folded(lab: Lab) -> Lab:
    """A story that is folded into the tables that serve."""
    await lab.append(*STORY)
    await fold_all(lab)
    return lab


async def test_a_rebuild_comes_to_the_very_same_tables_which_then_serve(folded: Lab) -> None:
    compared = await rebuild(folded)
    assert dump(folded, 1) == dump(folded, 0)
    assert (compared.differences, compared.undecided) == ([], 0)
    assert compared.rows >= len(STORY)
    assert (await standing(folded)).serving == 1


async def test_nothing_is_appended_while_a_generation_is_filled(folded: Lab) -> None:
    before = await folded.log.bounds([POSTS, REACTIONS])
    await rebuild(folded)
    assert await folded.log.bounds([POSTS, REACTIONS]) == before


async def test_what_comes_after_the_swap_is_folded_into_the_new_generation_and_emits(folded: Lab) -> None:
    await rebuild(folded)
    old, before = dump(folded, 0), await echoes(folded)
    await folded.append(post(7))
    await fold_all(folded)
    assert len(dump(folded, 1)["toy.posts"]) == len(dump(folded, 0)["toy.posts"]) + 1
    assert dump(folded, 0) == old
    assert len(await echoes(folded)) == len(before) + 2


async def test_a_host_at_work_hands_over_and_nothing_is_lost_counted_twice_or_left_unsaid(lab: Lab) -> None:
    accounts = [an_id(500 + number) for number in range(40)]
    async with folded_by(lab):

        async def append() -> None:
            for number, account in enumerate(accounts):
                await lab.append(like(account), post(number))

        appending = asyncio.create_task(append())
        await eventually(lambda: lab.reached(POSTS))
        async with at_work(lab) as one:
            await one.build(random=Random(1))
        await appending
    await fold_all(lab)
    new = at_generation(lab.views, lab.toy.projection, 1)
    tally = await new.get(TALLIES, post(0).post, "likes", 0)
    assert tally is not None
    assert tally.count == len(accounts)
    assert len(dump(lab, 1)["toy.posts"]) == len(accounts)
    assert len(await echoes(lab)) == 2 * len(accounts)


async def test_a_rollback_brings_the_generation_before_up_to_date_and_back(folded: Lab) -> None:
    await rebuild(folded)
    await folded.append(post(8), like(CAT))
    await fold_all(folded)
    said = await echoes(folded)
    async with at_work(folded) as one:
        assert await one.roll_back(owners=False) == 0
    assert dump(folded, 0) == dump(folded, 1)
    assert (await standing(folded)).serving == 0
    assert await echoes(folded) == said
    await folded.append(post(9))
    await fold_all(folded)
    assert len(await echoes(folded)) == len(said) + 2


async def test_a_generation_that_was_dropped_is_gone_and_its_number_is_not_used_again(folded: Lab) -> None:
    await rebuild(folded)
    async with at_work(folded) as one:
        with pytest.raises(NothingToDo, match="generation 0 are the declared tables"):
            await one.drop_old()
        await one.build(owners=False)
        with pytest.raises(StillStands, match="generation 1 of toy still stands"):
            await one.build(owners=False)
        assert await one.drop_old() == [1]
        with pytest.raises(NothingToDo):
            await one.roll_back(owners=False)
        await one.build(owners=False)
    with pytest.raises(SchemaOutdated):
        await folded.views.verify([LIKES.generation(1)])
    assert (await standing(folded)).serving == 3
    assert dump(folded, 3) == dump(folded, 0)


async def test_a_row_that_differs_keeps_the_old_generation_serving_unless_it_is_accepted(folded: Lab) -> None:
    await folded.views.write([Put(LIKES, Like(AMY, post(0).post, False), 1 << 60)])
    async with at_work(folded) as one:
        with pytest.raises(Differs, match="1 rows differ") as told:
            await one.build(owners=False)
        [difference] = told.value.compared.differences
        assert (difference.table, difference.key) == ("toy.likes", (AMY, post(0).post))
        assert (difference.serving, difference.rebuilt) == (
            Like(AMY, post(0).post, False),
            Like(AMY, post(0).post, True),
        )
        assert (await standing(folded)).serving == 0
        await one.build(owners=False, accept=True)
    assert (await standing(folded)).serving == 1


async def test_a_wrong_tally_is_a_difference(folded: Lab) -> None:
    tally = await folded.views.get(TALLIES, post(0).post, "likes", 0)
    assert tally is not None
    await folded.views.write([Put(TALLIES, replace(tally, count=9), tally.at + 1)])
    async with at_work(folded) as one:
        with pytest.raises(Differs, match="1 rows differ") as told:
            await one.build(owners=False)
    assert told.value.compared.differences[0].table == "toy.tallies"


async def test_a_row_that_the_new_generation_lacks_is_a_difference(folded: Lab) -> None:
    await folded.views.write([Put(LIKES, Like(AMY, an_id(999), True), 1)])
    with pytest.raises(Differs, match="1 rows differ"):
        await rebuild(folded)


async def test_an_event_that_only_the_new_generation_parks_is_told_before_it_serves(folded: Lab) -> None:
    folded.toy.broken.add(CAT)
    with pytest.raises(Differs, match="1 events are parked"):
        await rebuild(folded)


async def test_an_event_parked_in_the_old_generation_is_folded_in_the_new_if_it_emits_nothing(lab: Lab) -> None:
    lab.toy.broken.add(AMY)
    await lab.append(like(AMY), like(BOB))
    await fold_all(lab)
    lab.toy.broken.clear()
    await rebuild(lab, accept=True)
    assert len(dump(lab, 1)["toy.likes"]) == 2
    assert await parked(lab) == []


async def test_what_a_parked_event_causes_is_appended_once_it_is_redriven_after_the_swap(lab: Lab) -> None:
    lab.toy.broken.add(post(0).post)
    await lab.append(post(0), post(1))
    await fold_all(lab)
    lab.toy.broken.clear()
    await rebuild(lab)
    [row] = await parked(lab)
    assert "was not appended" in row.body.error
    assert len(await echoes(lab)) == 2
    async with folded_by(lab):
        assert await ask(
            lab.vault, "toy", POSTS, Request(action="redrive", key=row.key, actor="tester", reason="mended")
        )
        await eventually(lambda: _answered(lab))
    assert len(await echoes(lab)) == 4


async def test_a_discarded_event_is_skipped_by_a_rebuild(lab: Lab) -> None:
    await _discard_of_amy(lab)
    await rebuild(lab)
    assert len(dump(lab, 1)["toy.likes"]) == 1


async def test_a_decision_about_an_event_that_was_folded_already_ends_the_rebuild(lab: Lab) -> None:
    lab.toy.broken.add(AMY)
    await lab.append(like(AMY), like(BOB))
    await fold_all(lab)
    lab.toy.broken.clear()
    async with at_work(lab) as one:
        with pytest.raises(Differs):
            await one.build(owners=False)
        await _discard_of_amy(lab, appended=True)
        with pytest.raises(DecidedLate, match=r"reactions\[0\]@0"):
            await one.build(owners=False, accept=True)
        assert await one.abandon() == [1]
        await one.build(owners=False)
    assert len(dump(lab, 2)["toy.likes"]) == 1


async def test_a_log_that_ends_before_what_serves_has_folded_is_refused_and_named(folded: Lab) -> None:
    await folded.views.write([Marks("toy").put(REACTIONS, "reached", 99, 1)])
    with pytest.raises(ProjectionRefused, match=r"toy has folded reactions\[0\] up to 99, but the log ends at 6"):
        await rebuild(folded, accept=True)
    assert (await standing(folded)).serving == 0


class ShortLog:
    """A log that has lost what it began with."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    async def bounds(self, places: Iterable[Partition]) -> dict[Partition, Bounds]:
        return {place: Bounds(each.end, each.end) for place, each in (await self._log.bounds(places)).items()}


async def test_a_generation_that_has_not_folded_all_that_serves_is_not_swapped_in(folded: Lab) -> None:
    short = (await ground(folded))._replace(log=ShortLog(folded.log))
    async with rebuilding(short, "tester", max_lag=60) as one:
        with pytest.raises(ProjectionRefused, match="the log no longer holds all that toy has folded of posts"):
            await one.build(owners=False, accept=True)
    found = await standing(folded)
    assert (found.serving, found.handover) == (0, None)


async def test_only_one_rebuild_of_a_projection_runs_at_a_time(folded: Lab) -> None:
    async with at_work(folded):
        with pytest.raises(LeaseHeld, match="being rebuilt by tester"):
            await rebuild(folded)
    await rebuild(folded)


async def test_a_pause_ends_it_after_the_batch_and_the_next_run_goes_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.projections.rebuilding.rebuild.NEARLY_THERE", 0)
    monkeypatch.setattr("libs.projections.rebuilding.following.BATCH", 10)
    await lab.append(*(like(an_id(500 + number)) for number in range(50)))
    await fold_all(lab)
    async with at_work(lab) as one:
        await ask_to_pause(lab.vault, "toy")
        with pytest.raises(Paused):
            await one.build(owners=False)
    reached = await (await ground(lab)).marks(at_generation(lab.views, lab.toy.projection, 1), "reached")
    assert reached == {REACTIONS: 10}
    await rebuild(lab)
    assert dump(lab, 1) == dump(lab, 0)


async def test_a_pause_ends_it_while_it_compares_too(folded: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    async def comparing(*arguments: Any) -> Compared:
        await ask_to_pause(folded.vault, "toy")
        return await compare(*arguments)

    monkeypatch.setattr("libs.projections.rebuilding.rebuild.LOOK_EVERY", 0.0)
    monkeypatch.setattr("libs.projections.rebuilding.rebuild.compare", comparing)
    async with at_work(folded) as one:
        with pytest.raises(Paused):
            await one.build(owners=False)
    assert (await standing(folded)).serving == 0
    monkeypatch.undo()
    await rebuild(folded)


async def test_a_comparison_stands_still_while_live_lags(folded: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    held = list[str]()

    async def hold(self: Throttle, spent: float) -> None:
        held.append("asked")

    monkeypatch.setattr(Throttle, "after", hold)
    await rebuild(folded)
    assert held, "all of so short a story is folded while it compares"


async def test_a_comparison_ends_however_fast_live_goes_on(folded: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    fold, rounds = Follower.fold, list[int]()

    async def folding(self: Follower, *arguments: Any) -> None:
        await fold(self, *arguments)
        if len(rounds) < 60:
            rounds.append(1)
            place = await folded.append(like(an_id(600 + len(rounds))))
            owner = await folded.process(REACTIONS)
            await owner.folder.fold(await folded.records(REACTIONS, place[0].offset))

    monkeypatch.setattr(Follower, "fold", folding)
    monkeypatch.setattr("libs.projections.rebuilding.rebuild.hand_over", AsyncMock())
    await rebuild(folded)
    assert 0 < len(rounds) < 10


async def test_where_nobody_says_that_it_stands_still_the_old_generation_serves_on(
    folded: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.projections.rebuilding.swapping.STOPPED_WITHIN", 0.05)
    with pytest.raises(NobodyStopped, match=r"owners of 2 partitions of toy do not answer: posts\[0\]"):
        await rebuild(folded, owners=True)
    found = await standing(folded)
    assert (found.serving, found.handover) == (0, None)


async def test_waits_and_reads_by_the_declared_names_follow_what_serves(folded: Lab, views: ServingViews) -> None:
    await views.look()
    await rebuild(folded)
    await folded.append(post(6))
    await fold_all(folded)
    await eventually(lambda: _posts(views))
    end = (await folded.log.bounds([POSTS]))[POSTS].end
    assert await ViewProgress(views, folded.vault).reached("toy", "posts", 0) == end


async def test_a_request_reads_one_generation_whatever_is_swapped_meanwhile(folded: Lab, views: ServingViews) -> None:
    await views.look()
    with views.pin():
        await rebuild(folded)
        await folded.append(post(6))
        await fold_all(folded)
        await views.look()
        assert await _posts(views) == []
    assert await _posts(views) != []


async def test_before_it_is_known_what_serves_nothing_is_read(folded: Lab, views: ServingViews) -> None:
    await rebuild(folded)
    await folded.append(post(6))
    await fold_all(folded)
    assert await _posts(views) != []


@pytest.fixture
async def views(folded: Lab) -> AsyncIterator[ServingViews]:
    views = ServingViews(folded.views, folded.vault, [folded.toy.projection])
    yield views
    await views.close()


async def _posts(views: ServingViews) -> list[object]:
    row = await views.get(toy.POSTS, post(6).post)
    return [row] if row is not None else []


async def _answered(lab: Lab) -> bool:
    done = await answer(lab.vault, "toy", POSTS)
    return done is not None and done.state == "done"


async def _discard_of_amy(lab: Lab, *, appended: bool = False) -> None:
    """AMY's like, at 0, is given up while it is parked."""
    lab.toy.broken.add(AMY)
    if not appended:
        await lab.append(like(AMY), like(BOB))
        await fold_all(lab)
    done = await lab.redrive(Partition("reactions", 0), AMY, action="discard")
    assert done.state == "done", done.outcome
    lab.toy.broken.clear()

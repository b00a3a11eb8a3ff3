"""Redrive and discard: an operator asks, the partition's owner carries it out between batches."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import pytest

from libs.events import Decoded, EventSkipped, Meta, PostCreated, PostEdited, decode, decode_envelope, time_of
from libs.log import Log, Partition
from libs.projections import Out, Second, redrive
from libs.projections.amendments import Amendments, load_amendments
from libs.projections.deciding import Edit, skipped
from libs.projections.parking import WAITING, ParkingLot
from libs.projections.redrive import Request, answer, ask
from libs.projections.tables import PARKED, Parked, ParkedState, Tally
from libs.vault import VaultUnavailable
from libs.views import Put, stamp
from tests.unit.libs.projections import toy
from tests.unit.libs.projections.lab import AMY, BOB, CAT, POSTS, REACTIONS, Lab, an_id, fold_all, like, post, unlike
from tests.unit.libs.projections.stepping import Killed
from tests.unit.libs.projections.toy import POSTS as TOY_POSTS
from tests.unit.libs.projections.toy import TALLIES
from tests.waiting import eventually

OPERATIONS = Partition("operations", 0)


@pytest.fixture
async def parked(lab: Lab) -> Lab:
    """AMY's like is parked, two more events queue behind it; BOB's like is folded. Then the bug is mended."""
    await lab.append(like(AMY), like(BOB), unlike(AMY), like(AMY))
    lab.toy.broken.add(AMY)
    await fold_all(lab, REACTIONS)
    lab.toy.broken.clear()
    return lab


async def test_a_redrive_folds_every_waiting_event_of_the_key_in_order(parked: Lab) -> None:
    done = await parked.redrive(REACTIONS, AMY)
    assert (done.state, done.outcome) == ("done", "3 done")
    assert await parked.parked(REACTIONS) == []
    assert await parked.likes() == 2


async def test_however_many_events_wait_a_redrive_reads_once_what_was_decided(
    parked: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[Log] = []

    async def load(log: Log) -> Amendments:
        loads.append(log)
        return await load_amendments(log)

    monkeypatch.setattr(redrive, "load_amendments", load)
    assert (await parked.redrive(REACTIONS, AMY)).outcome == "3 done"
    assert len(loads) == 1


async def test_what_was_redriven_leaves_the_same_rows_as_if_it_had_never_parked(parked: Lab) -> None:
    await parked.redrive(REACTIONS, AMY)
    redriven = {name: rows for name, rows in parked.dump().items() if "tallies" not in name}
    parked.forget()
    await fold_all(parked, REACTIONS)
    assert redriven == {name: rows for name, rows in parked.dump().items() if "tallies" not in name}


async def test_events_that_come_after_a_redrive_are_folded_in_their_turn(parked: Lab) -> None:
    await parked.redrive(REACTIONS, AMY)
    await parked.append(unlike(AMY), unlike(BOB))
    await fold_all(parked, REACTIONS)
    assert await parked.likes() == 0


async def test_a_redrive_that_fails_again_leaves_all_as_it_was(parked: Lab) -> None:
    before, waiting = parked.dump(), await parked.parked(REACTIONS)
    parked.toy.broken.add(AMY)
    failed = await parked.redrive(REACTIONS, AMY)
    assert failed.state == "failed"
    assert failed.outcome == "0 of 3 done; the event at 0 failed again: RuntimeError('a bug')"
    assert parked.dump() == before
    assert await parked.parked(REACTIONS) == waiting


async def test_a_redrive_that_fails_in_its_second_phase_leaves_all_as_it_was_and_appends_nothing(lab: Lab) -> None:
    await lab.append(post(0))
    lab.toy.broken.add(post(0).post)
    await fold_all(lab, POSTS)
    lab.toy.broken.clear()
    lab.toy.broken_after.add(post(0).post)
    before, waiting, appended = lab.dump(), await lab.parked(POSTS), await lab.records(POSTS)
    assert (await lab.redrive(POSTS, post(0).post)).outcome == (
        "0 of 1 done; the event at 0 failed again: RuntimeError('a bug')"
    )
    assert (lab.dump(), await lab.parked(POSTS), await lab.records(POSTS)) == (before, waiting, appended)
    lab.toy.broken_after.clear()
    assert (await lab.redrive(POSTS, post(0).post)).state == "done"


@pytest.mark.parametrize("edited", [False, True], ids=["redrive", "edit"])
@pytest.mark.parametrize("phase", ["first", "second"])
async def test_a_redrive_or_edit_whose_rows_no_store_takes_leaves_all_as_it_was_and_appends_nothing(
    lab: Lab, edited: bool, phase: str
) -> None:
    lab.toy.broken.add(post(0).post)
    await lab.append(post(0))
    await fold_all(lab, POSTS)
    lab.toy.broken.clear()
    handlers = lab.toy.projection.handlers

    def large(event: PostCreated, meta: Meta, out: Out) -> None:
        out.emit(PostEdited(post=event.post, author=event.author, revision=1, text="echo", lang="en"))
        out.put(toy.POSTS, toy.Post(event.post, "x" * (2 << 20) if phase == "first" else "x"))

    async def after(event: PostCreated, meta: Meta, second: Second) -> None:
        if phase == "second":
            await second.put(toy.PUSHED, [toy.Pushed(an_id(7), event.post, "x" * (2 << 20))])

    handlers[PostCreated] = handlers[PostCreated]._replace(fold=large, after=after)
    before, waiting = lab.dump(), await lab.parked(POSTS)
    bounds = await lab.log.bounds([POSTS, OPERATIONS])
    edit = Edit(data=(await lab.records(POSTS))[0].value.decode(), version=1) if edited else None
    failed = await lab.redrive(POSTS, post(0).post, action="edit" if edited else "redrive", edit=edit, offset=0)
    assert failed.state == "failed"
    assert "failed again: RowRefused" in failed.outcome
    assert (lab.dump(), await lab.parked(POSTS)) == (before, waiting)
    assert await lab.log.bounds([POSTS, OPERATIONS]) == bounds


async def test_who_ended_the_waiting_and_why_stays_with_the_event(parked: Lab) -> None:
    await parked.redrive(REACTIONS, AMY, offset=0)
    await parked.redrive(REACTIONS, AMY, offset=2, action="discard")
    rows = await parked.views.scan(PARKED, ("toy", *REACTIONS), limit=10)
    ended = [(row.body.state, row.body.actor, row.body.reason) for row in rows if row.body.state not in WAITING]
    assert ended == [("redriven", "tester", "because"), ("discarded", "tester", "because")]


async def test_what_waits_never_expires_and_what_waits_no_more_goes_ninety_days_after_it_was_asked_for(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Put] = []
    write = lab.views.write

    async def noted(*stages: Sequence[Put]) -> None:
        written.extend(put for stage in stages for put in stage if put.table is PARKED)
        await write(*stages)

    monkeypatch.setattr(lab.views, "write", noted)
    await lab.append(like(AMY), unlike(AMY), like(AMY))
    lab.toy.broken.add(AMY)
    await fold_all(lab, REACTIONS)
    assert [put.expires_at for put in written] == [None] * 3
    lab.toy.broken.clear()
    written.clear()
    data = (await lab.records(REACTIONS))[0].value.decode()
    asked = [
        await lab.redrive(REACTIONS, AMY, offset=0, action="edit", edit=Edit(data=data, version=1)),
        await lab.redrive(REACTIONS, AMY, offset=1, action="discard"),
        await lab.redrive(REACTIONS, AMY, offset=2),
    ]
    assert [(put.row.body.state, put.expires_at) for put in written if isinstance(put.row, Parked)] == [
        (state, time_of(request.id) // 1000 + 90 * 24 * 3600)
        for state, request in zip(("edited", "discarded", "redriven"), asked, strict=True)
    ]


async def test_where_a_handler_failed_is_kept_without_paths(parked: Lab) -> None:
    [first, *_] = await parked.parked(REACTIONS)
    assert first.body.frames[-1].startswith("tests.unit.libs.projections.toy.Toy._fail_if:")
    assert "/" not in "".join(first.body.frames)
    assert first.body.frames[0].startswith("libs.projections.folding.Folder.fold:"), "not how it was tried"


async def test_a_request_that_was_answered_makes_way_for_the_next(parked: Lab) -> None:
    parked.toy.broken.add(AMY)
    assert (await parked.redrive(REACTIONS, AMY)).state == "failed"
    parked.toy.broken.clear()
    assert (await parked.redrive(REACTIONS, AMY)).state == "done"


async def test_a_request_that_waits_is_not_pushed_aside(parked: Lab) -> None:
    first = Request(action="redrive", key=str(AMY), actor="one", reason="mended")
    assert await ask(parked.vault, "toy", REACTIONS, first)
    assert not await ask(parked.vault, "toy", REACTIONS, Request(action="discard", key="x", actor="two", reason="no"))
    assert await answer(parked.vault, "toy", REACTIONS) == first


async def test_an_event_is_not_redriven_before_an_earlier_one_of_its_key(parked: Lab) -> None:
    failed = await parked.redrive(REACTIONS, AMY, offset=3)
    assert failed.state == "failed"
    assert failed.outcome == "the event at 0 of this key comes first: order within a key is kept"
    assert len(await parked.parked(REACTIONS)) == 3


async def test_a_redrive_of_one_event_leaves_the_later_ones_waiting(parked: Lab) -> None:
    assert (await parked.redrive(REACTIONS, AMY, offset=0)).state == "done"
    assert [row.offset for row in await parked.parked(REACTIONS)] == [2, 3]


async def test_a_discarded_event_is_never_folded_and_those_behind_it_may_be(parked: Lab) -> None:
    assert (await parked.redrive(REACTIONS, AMY, offset=0, action="discard")).state == "done"
    assert (await parked.redrive(REACTIONS, AMY, offset=2)).state == "done"
    assert await parked.likes() == 1


async def test_a_discard_is_on_the_record(parked: Lab) -> None:
    await parked.redrive(REACTIONS, AMY, offset=0, action="discard")
    [record] = await parked.records(OPERATIONS)
    decoded = decode(record.headers, record.value)
    assert isinstance(decoded, Decoded)
    assert isinstance(skipped := decoded.event, EventSkipped)
    [first, *_] = await parked.records(REACTIONS)
    assert (skipped.subject, skipped.event) == (str(AMY), decode_envelope(first.headers).id)
    assert (skipped.operator, skipped.reason) == ("tester", "because")


async def test_views_that_are_folded_anew_pass_over_what_was_discarded(parked: Lab) -> None:
    await parked.redrive(REACTIONS, AMY, offset=3, action="discard")
    await parked.redrive(REACTIONS, AMY)
    assert await parked.likes() == 1
    parked.forget()
    await fold_all(parked, REACTIONS)
    assert await parked.likes() == 1


async def test_a_discard_that_died_after_it_was_put_on_the_record_is_kept_to_by_a_redrive(parked: Lab) -> None:
    request = Request(action="discard", key=str(AMY), offset=0, actor="tester", reason="because")
    await parked.publisher.publish(skipped(request, "toy", REACTIONS, 0, None), actor=None)
    assert (await parked.redrive(REACTIONS, AMY)).outcome == "3 done"
    assert await parked.likes() == 2
    rows = await parked.views.scan(PARKED, ("toy", *REACTIONS), limit=10)
    assert {row.offset: row.body.state for row in rows} == {0: "discarded", 2: "redriven", 3: "redriven"}


async def test_a_redrive_of_a_key_that_does_not_wait_changes_nothing(parked: Lab) -> None:
    assert (await parked.redrive(REACTIONS, BOB)).outcome == "0 done"
    assert await parked.likes() == 1


async def test_a_redriven_tally_is_counted_afresh_from_its_members(parked: Lab) -> None:
    await _plant_likes(parked, count=41, at=stamp(1, 3))
    await parked.redrive(REACTIONS, AMY)
    assert await parked.likes() == 2


async def test_a_recount_never_hides_the_event_that_follows(parked: Lab) -> None:
    await _plant_likes(parked, count=41, at=stamp(1, 3, 254))
    await parked.redrive(REACTIONS, AMY)
    await parked.append(like(an_id(10)))
    await fold_all(parked, REACTIONS)
    assert await parked.likes() == 3


async def test_when_a_stamp_has_no_revisions_left_the_operator_is_told_to_wait_for_another_event(parked: Lab) -> None:
    await _plant_likes(parked, count=41, at=stamp(1, 3, 255))
    failed = await parked.redrive(REACTIONS, AMY)
    assert "recounted too often since the last event" in failed.outcome
    await parked.append(like(an_id(10), 1))
    await fold_all(parked, REACTIONS)
    assert (await parked.redrive(REACTIONS, AMY)).state == "done"
    assert await parked.likes() == 2


async def _plant_likes(lab: Lab, count: int, at: int) -> None:
    await lab.views.write([Put(TALLIES, Tally(post(0).post, "likes", 0, count, at), at)])


async def test_a_redriven_event_emits_though_the_mark_has_passed_it(lab: Lab) -> None:
    await lab.append(post(0), post(1))
    lab.toy.broken.add(post(0).post)
    await fold_all(lab, POSTS)
    lab.toy.broken.clear()
    before = len(await lab.records(POSTS))
    await lab.redrive(POSTS, post(0).post)
    emitted = (await lab.records(POSTS))[before:]
    assert [record.key.decode() for record in emitted] == [str(post(0).post)] * 2


async def test_a_record_that_is_gone_cannot_be_redriven_but_discarded(lab: Lab) -> None:
    row = ParkingLot("toy", REACTIONS, 1).put(str(AMY), 5, ParkedState(state="parked"))
    await lab.append(like(BOB))
    await fold_all(lab, REACTIONS)
    await lab.views.write([row])
    assert (await lab.redrive(REACTIONS, AMY)).state == "failed"
    assert (await lab.redrive(REACTIONS, AMY, action="discard")).state == "done"
    assert await lab.parked(REACTIONS) == []


@pytest.mark.parametrize("die_at", range(9))
async def test_a_new_owner_redrives_only_once_it_has_folded_again_what_the_last_one_left_half_done(
    lab: Lab, die_at: int
) -> None:
    await lab.append(like(AMY))
    lab.toy.broken.add(AMY)
    await fold_all(lab, REACTIONS)
    lab.toy.broken.clear()
    await lab.append(like(BOB), like(CAT))
    await _ask_for(lab, REACTIONS, Request(action="redrive", key=str(AMY), actor="tester", reason="because"))
    await _die_and_be_followed(lab, REACTIONS, die_at)
    assert await _outcome(lab, REACTIONS) == "1 done"
    assert await lab.likes() == 3


@pytest.mark.parametrize("die_at", range(9))
async def test_what_is_discarded_is_not_folded_by_the_owner_after_one_that_died(lab: Lab, die_at: int) -> None:
    await lab.append(post(0))
    lab.toy.broken.add(an_id(100))
    await fold_all(lab, POSTS)
    lab.toy.broken.clear()
    await lab.append(post(0), post(1))
    await _ask_for(lab, POSTS, Request(action="discard", key=str(an_id(100)), actor="tester", reason="because"))
    await _die_and_be_followed(lab, POSTS, die_at)
    assert await _outcome(lab, POSTS) == "2 done"
    assert await lab.views.get(TOY_POSTS, an_id(100)) is None


async def test_a_request_of_a_newer_version_is_left_said_once_and_stops_nothing(
    parked: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    newer = b'{"action": "postpone", "key": "x", "actor": "one", "reason": "later"}'
    assert await parked.vault.compare_and_set(redrive.KIND, redrive.record_key("toy", REACTIONS), None, newer)
    owner = await parked.process(REACTIONS)
    for _ in range(3):
        await owner.worker.serve()
    item = await parked.vault.get(redrive.KIND, redrive.record_key("toy", REACTIONS))
    assert item is not None
    assert item.value == newer
    assert caplog.text.count("cannot read what it is asked about reactions[0]") == 1
    await parked.append(like(CAT))
    await owner.worker.fold(await parked.records(REACTIONS, owner.folder.reached))
    assert await parked.likes() == 2


async def test_an_answer_that_could_not_be_written_is_written_later(
    parked: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _ask_for(parked, REACTIONS, Request(action="redrive", key=str(AMY), actor="tester", reason="because"))
    owner = await parked.process(REACTIONS)

    async def away(*_: object, **__: object) -> NoReturn:
        raise VaultUnavailable("away")

    with monkeypatch.context() as outage:
        outage.setattr(parked.vault, "compare_and_set", away)
        with pytest.raises(VaultUnavailable):
            await owner.worker.serve()
    working = asyncio.create_task(owner.worker.run())
    await eventually(lambda: _is_answered(parked, "3 done"))
    owner.worker.stop()
    await working
    assert await parked.likes() == 2


async def test_a_request_whose_owner_died_before_it_answered_is_answered_by_the_next_one(parked: Lab) -> None:
    await parked.redrive(REACTIONS, AMY)
    await _ask_for(parked, REACTIONS, Request(action="redrive", key=str(AMY), actor="tester", reason="because"))
    owner = await parked.process(REACTIONS)
    working = asyncio.create_task(owner.worker.run())
    await eventually(lambda: _is_answered(parked, "0 done"))
    owner.worker.stop()
    await working


async def _ask_for(lab: Lab, partition: Partition, request: Request) -> None:
    assert await ask(lab.vault, "toy", partition, request)


async def _die_and_be_followed(lab: Lab, partition: Partition, die_at: int) -> None:
    """By an owner that looks for requests before its first batch, and after it."""
    last = await lab.process(partition, die_at=die_at)
    with suppress(Killed):
        await last.folder.fold(await lab.records(partition, last.folder.reached))
    owner = await lab.process(partition)
    await owner.worker.serve()
    if left := await lab.records(partition, owner.folder.reached):
        await owner.worker.fold(left)
    await owner.worker.serve()


async def _outcome(lab: Lab, partition: Partition) -> str:
    found = await answer(lab.vault, "toy", partition)
    assert found is not None
    return found.outcome


async def _is_answered(lab: Lab, outcome: str) -> bool:
    return await _outcome(lab, REACTIONS) == outcome

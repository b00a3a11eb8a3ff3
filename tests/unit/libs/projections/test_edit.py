"""Edit: other data are folded in place of a parked event, now and in every fold after it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec
import pytest

from libs.events import Decoded, EventSuperseded, decode, decode_envelope
from libs.log import Partition, Record
from libs.projections import Host
from libs.projections.amendments import load_amendments
from libs.projections.redrive import Edit, Request, answer, ask
from tests.unit.libs.projections import toy
from tests.unit.libs.projections.lab import AMY, BOB, POSTS, REACTIONS, Dump, Lab, an_id, fold_all, like, open_lab, post
from tests.unit.libs.projections.stepping import Killed
from tests.waiting import eventually

OPERATIONS = Partition("operations", 0)
INSTEAD = Edit(version=1, data=f'{{"account":"{AMY}","post":"{an_id(101)}"}}')
"""AMY likes post 1, not post 0."""


async def _park(lab: Lab) -> None:
    """AMY's like of post 0 is parked, her like of post 2 queues behind it. Then the bug is mended."""
    await lab.append(like(AMY), like(BOB), like(AMY, 2))
    lab.toy.broken.add(AMY)
    await fold_all(lab, REACTIONS)
    lab.toy.broken.clear()


@pytest.fixture
async def parked(lab: Lab) -> Lab:
    await _park(lab)
    return lab


async def _edit(lab: Lab, edit: Edit = INSTEAD, offset: int = 0) -> Request:
    return await lab.redrive(REACTIONS, AMY, offset, "edit", edit)


async def test_an_edited_event_is_folded_in_place_of_the_parked_one(parked: Lab) -> None:
    assert (await _edit(parked)).outcome == "1 done"
    assert [await parked.likes(number) for number in range(3)] == [1, 1, 0]
    assert [row.offset for row in await parked.parked(REACTIONS)] == [2]
    assert (await parked.redrive(REACTIONS, AMY)).outcome == "1 done"
    assert [await parked.likes(number) for number in range(3)] == [1, 1, 1]


async def test_views_that_are_folded_anew_fold_the_edited_event_too(parked: Lab) -> None:
    await _edit(parked)
    await parked.redrive(REACTIONS, AMY)
    edited = _without_stamps(parked.dump())
    parked.forget()
    await fold_all(parked, REACTIONS)
    assert _without_stamps(parked.dump()) == edited


async def test_a_host_that_starts_with_empty_tables_keeps_to_what_was_decided(parked: Lab) -> None:
    await _edit(parked)
    await parked.redrive(REACTIONS, AMY, 2, "discard")
    parked.forget()
    host = Host(parked.toy.projection, parked.stores, parked.vault, instance="one")
    task = asyncio.create_task(host.run())

    async def reached() -> bool:
        return await parked.reached(REACTIONS) == 3

    await eventually(reached)
    host.stop()
    await task
    assert [await parked.likes(number) for number in range(3)] == [1, 1, 0]


async def test_an_edit_is_on_the_record_with_what_was_put_in_place_of_what_by_whom_and_why(parked: Lab) -> None:
    await _edit(parked)
    [event] = _events(await parked.records(OPERATIONS))
    assert (event.projection, event.topic, event.partition, event.offset) == ("toy", "reactions", 0, 0)
    assert (event.event_type, event.version, event.data) == ("PostLiked", 1, INSTEAD.data)
    assert (event.subject, event.operator, event.reason) == (str(AMY), "tester", "because")


async def test_an_edit_for_every_projection_says_so(parked: Lab) -> None:
    await _edit(parked, msgspec.structs.replace(INSTEAD, everywhere=True))
    [event] = _events(await parked.records(OPERATIONS))
    assert event.projection is None
    [original, *_] = await parked.records(REACTIONS)
    amended = (await load_amendments(parked.log)).apply("another", original)
    assert amended is not None
    assert amended.value == INSTEAD.data.encode()


@pytest.mark.parametrize(
    ("data", "version", "told"),
    [
        ("{}", 1, "missing required field"),
        ("{", 1, "PostLiked"),
        (f'{{"account":"{BOB}","post":"{an_id(101)}"}}', 1, "account must stay"),
        (INSTEAD.data, 2, "known up to version 1"),
    ],
)
async def test_data_that_cannot_stand_in_its_place_are_refused_and_nothing_is_on_the_record(
    parked: Lab, data: str, version: int, told: str
) -> None:
    before = parked.dump()
    failed = await _edit(parked, Edit(version=version, data=data))
    assert failed.state == "failed"
    assert told in failed.outcome
    assert await parked.records(OPERATIONS) == []
    assert parked.dump() == before


async def test_an_edited_event_that_fails_again_leaves_all_as_it_was_and_nothing_on_the_record(parked: Lab) -> None:
    before, waiting = parked.dump(), await parked.parked(REACTIONS)
    parked.toy.broken.add(AMY)
    assert (await _edit(parked)).outcome == "0 of 1 done; the event at 0 failed again: RuntimeError('a bug')"
    assert await parked.records(OPERATIONS) == []
    assert (parked.dump(), await parked.parked(REACTIONS)) == (before, waiting)


async def test_an_event_is_not_edited_before_an_earlier_one_of_its_key(parked: Lab) -> None:
    assert "the event at 0 of this key comes first" in (await _edit(parked, offset=2)).outcome
    assert await parked.records(OPERATIONS) == []


async def test_an_event_whose_envelope_cannot_be_read_cannot_be_edited(lab: Lab) -> None:
    await lab.append_raw("reactions", str(AMY), {"ce_type": "PostLiked"}, b"{}")
    await fold_all(lab, REACTIONS)
    assert (await _edit(lab)).state == "failed"
    assert await lab.records(OPERATIONS) == []


async def test_what_an_event_wrote_before_it_failed_gives_way_to_what_it_is_edited_to(lab: Lab) -> None:
    await lab.append(post(0))
    lab.toy.broken_after.add(post(0).post)
    await fold_all(lab, POSTS)
    assert await lab.views.get(toy.POSTS, post(0).post) is not None
    lab.toy.broken_after.clear()
    data = f'{{"post":"{post(0).post}","author":"{AMY}","text":"s1.text.other","lang":"en"}}'
    assert (await lab.redrive(POSTS, post(0).post, 0, "edit", Edit(version=1, data=data))).state == "done"
    assert await lab.views.get(toy.POSTS, post(0).post) == toy.Post(post(0).post, "s1.text.other")


def _asked(action: Literal["redrive", "discard", "edit"], offset: int | None, edit: Edit | None = None) -> Request:
    return Request(action=action, id=an_id(7), key=str(AMY), offset=offset, edit=edit, actor="me", reason="so")


@pytest.mark.parametrize(
    "request_",
    [_asked("edit", 0, INSTEAD), _asked("redrive", None), _asked("discard", 0)],
    ids=lambda request: request.action,
)
async def test_a_death_at_any_step_leaves_the_same_tables_and_copies_of_one_decision_at_most(
    tmp_path: Path, request_: Request
) -> None:
    undisturbed, die_at = await _ended(_made(tmp_path / "undisturbed"), request_, None), 0
    while (found := await _ended(_made(tmp_path / str(die_at)), request_, die_at)) is not None:
        assert found == undisturbed, f"after a death at step {die_at}"
        die_at += 1
    assert die_at >= 2


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


async def _ended(
    directory: Path, request: Request, die_at: int | None
) -> tuple[Dump, list[int], set[tuple[UUID, bytes]]] | None:
    """The tables, what waits and what was decided in the end, though its owner died once; None if it did not die."""
    async with open_lab(directory) as lab:
        await _park(lab)
        assert await ask(lab.vault, "toy", REACTIONS, request)
        if await _serve(lab, die_at) is (die_at is not None):
            return None
        assert await _serve(lab)
        done = await answer(lab.vault, "toy", REACTIONS)
        assert done is not None
        assert done.state == "done"
        waiting = [row.offset for row in await lab.parked(REACTIONS)]
        # Copies have the same id and data; each names the trace that it was appended in.
        decided = {(decode_envelope(record.headers).id, record.value) for record in await lab.records(OPERATIONS)}
        return lab.dump(), waiting, decided


async def _serve(lab: Lab, die_at: int | None = None) -> bool:
    """Whether the owner lived to see the end of it."""
    owner = await lab.process(REACTIONS, die_at=die_at)
    try:
        await owner.worker.serve()
    except Killed:
        return False
    return True


def _without_stamps(dump: Dump) -> Dump:
    """Each row's columns but its stamp; of the tallies only the counts."""
    return {name: [row[:4] if "tallies" in name else row[:-2] for row in rows] for name, rows in dump.items()}


def _events(records: Sequence[Record]) -> list[EventSuperseded]:
    decoded = [decode(record.headers, record.value) for record in records]
    return [each.event for each in decoded if isinstance(each, Decoded) and isinstance(each.event, EventSuperseded)]

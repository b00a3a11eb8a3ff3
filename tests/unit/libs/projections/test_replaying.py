"""The replayer: what becomes of events that cannot be folded, were amended, or are of another time."""

from collections.abc import Sequence
from uuid import UUID

from libs.log import Record
from libs.projections.parking import parked_rows
from libs.projections.replaying import Amend, Replayer, unamended
from tests.unit.libs.projections.lab import AMY, BOB, POSTS, REACTIONS, Lab, an_id, like, post


def _replayer(lab: Lab, amend: Amend = unamended) -> Replayer:
    return Replayer([lab.toy.projection], lab.views, epochs={"posts": 1, "reactions": 1}, amend=amend)


async def _records(lab: Lab) -> Sequence[Record]:
    return [*await lab.records(POSTS), *await lab.records(REACTIONS)]


async def test_it_folds_what_a_host_would_fold_and_appends_nothing(lab: Lab) -> None:
    await lab.append(post(1), like(AMY), like(BOB), like(AMY))
    records = await _records(lab)
    replayer = _replayer(lab)
    await replayer.fold(records)
    assert await lab.likes() == 2
    assert (replayer.replayed.events, replayer.replayed.parked) == (4, 0)
    assert await _records(lab) == records


async def test_what_a_handler_breaks_on_is_parked_and_what_follows_of_its_key_queues(lab: Lab) -> None:
    await lab.append(post(1), like(AMY), like(BOB), like(AMY))
    lab.toy.broken.add(AMY)
    replayer = _replayer(lab)
    await replayer.fold(await _records(lab))
    waiting = [(row.key, row.body.state) async for row in parked_rows(lab.views, "toy", REACTIONS)]
    assert waiting == [(str(AMY), "parked"), (str(AMY), "queued")]
    assert await lab.likes() == 1
    assert replayer.replayed.parked == 1


async def test_an_event_of_a_newer_version_is_parked_and_one_of_an_unknown_type_counted(lab: Lab) -> None:
    await lab.append(like(AMY), like(BOB))
    amys, bobs = await lab.records(REACTIONS)
    newer = _changed(amys, "ce_dataversion", "99", offset=2)
    unknown = _changed(bobs, "ce_type", "PostTeleported", offset=3)
    replayer = _replayer(lab)
    await replayer.fold([amys, bobs, newer, unknown])
    [waiting] = [row async for row in parked_rows(lab.views, "toy", REACTIONS)]
    assert (waiting.offset, "99" in waiting.body.error) == (2, True)
    assert (replayer.replayed.events, replayer.replayed.unknown) == (2, 1)


async def test_an_event_that_was_given_up_is_skipped_and_one_that_was_edited_folds_as_edited(lab: Lab) -> None:
    await lab.append(like(AMY), like(BOB))
    first, second = await lab.records(REACTIONS)
    edited = Record(*_place(second), second.timestamp, second.key, like_value(BOB, 2), second.headers)

    def amend(_: str, record: Record) -> Record | None:
        return {first.offset: None, second.offset: edited}[record.offset]

    replayer = _replayer(lab, amend)
    await replayer.fold([first, second])
    assert (await lab.likes(1), await lab.likes(2)) == (0, 1)
    assert replayer.replayed.skipped == 1


async def test_a_later_run_goes_on_where_the_first_one_ended(lab: Lab) -> None:
    await lab.append(like(AMY), like(BOB))
    first, second = await lab.records(REACTIONS)
    await _replayer(lab).fold([first])
    again = _replayer(lab)
    assert (await again.starts([REACTIONS]))[REACTIONS] == 1
    await again.fold([first, second])
    assert await lab.likes() == 2


def _place(record: Record) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset


def _changed(record: Record, name: str, value: str, *, offset: int) -> Record:
    headers = tuple((key, value.encode() if key == name else old) for key, old in record.headers)
    return Record(record.topic, record.partition, offset, record.timestamp, record.key, record.value, headers)


def like_value(account: UUID, number: int) -> bytes:
    return f'{{"account":"{account}","post":"{an_id(100 + number)}"}}'.encode()

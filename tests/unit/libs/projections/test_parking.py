"""What a handler cannot fold stands aside with everything behind it of its key, while every other key goes on."""

import pytest

from libs.events import PostDeleted, PostSaved
from libs.log import Partition, Record
from libs.projections import PartitionStopped
from libs.projections.worker import PARKED_IN_A_ROW, TRIES
from libs.telemetry.metrics import REGISTRY
from libs.views import Put, RowRefused
from tests.unit.libs.projections.lab import AMY, BOB, CAT, POSTS, REACTIONS, Lab, an_id, like, post, unlike
from tests.unit.libs.projections.toy import LIKES, Like


async def _fold(lab: Lab, records: list[Record]) -> None:
    owner = await lab.process(Partition(records[0].topic, records[0].partition))
    await owner.worker.fold(records)


async def test_one_bad_event_is_cornered_and_everything_else_is_folded(lab: Lab) -> None:
    people = [an_id(number) for number in range(10, 50)]
    await lab.append(*(like(person) for person in people))
    lab.toy.broken.add(people[17])
    await _fold(lab, await lab.records(REACTIONS))
    assert [row.key for row in await lab.parked(REACTIONS)] == [str(people[17])]
    assert await lab.likes() == len(people) - 1
    assert await lab.reached(REACTIONS) == len(people)


async def test_later_events_of_a_parked_key_queue_behind_it_while_other_keys_go_on(lab: Lab) -> None:
    await lab.append(like(AMY), like(BOB), unlike(AMY), like(CAT), like(AMY, 1))
    lab.toy.broken.add(AMY)
    await _fold(lab, await lab.records(REACTIONS))
    waiting = await lab.parked(REACTIONS)
    assert [(row.key, row.offset, row.body.state) for row in waiting] == [
        (str(AMY), 0, "parked"),
        (str(AMY), 2, "queued"),
        (str(AMY), 4, "queued"),
    ]
    assert await lab.likes() == 2


async def test_they_still_queue_once_the_handler_is_mended_and_another_process_owns_the_partition(lab: Lab) -> None:
    await lab.append(like(AMY))
    lab.toy.broken.add(AMY)
    await _fold(lab, await lab.records(REACTIONS))
    lab.toy.broken.clear()
    await lab.append(unlike(AMY), like(BOB))
    await _fold(lab, await lab.records(REACTIONS, 1))
    assert [row.body.state for row in await lab.parked(REACTIONS)] == ["parked", "queued"]
    assert await lab.likes() == 1


async def test_a_parked_event_tells_what_it_was_and_what_went_wrong(lab: Lab) -> None:
    await lab.append(like(AMY))
    lab.toy.broken.add(AMY)
    await _fold(lab, await lab.records(REACTIONS))
    [row] = await lab.parked(REACTIONS)
    assert (row.body.event_type, row.body.error, row.body.tries) == ("PostLiked", "RuntimeError('a bug')", TRIES)


async def test_a_parked_event_names_the_trace_of_the_request_that_it_came_from(lab: Lab) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    await lab.append(like(AMY))
    [record] = await lab.records(REACTIONS)
    headers = dict(record.headers) | {"traceparent": f"00-{trace}-b7ad6b7169203331-01".encode()}
    await lab.append_raw("reactions", str(AMY), {name: text.decode() for name, text in headers.items()}, record.value)
    lab.toy.broken.add(AMY)
    await _fold(lab, (await lab.records(REACTIONS))[1:])
    [row] = await lab.parked(REACTIONS)
    assert row.body.trace == trace


async def test_an_event_whose_second_phase_fails_parks_too(lab: Lab) -> None:
    await lab.append(post(0), post(1))
    lab.toy.broken_after.add(post(0).post)
    await _fold(lab, await lab.records(POSTS))
    assert [row.key for row in await lab.parked(POSTS)] == [str(post(0).post)]


HEADERS = {
    "ce_specversion": "1.0",
    "ce_id": str(an_id(7)),
    "ce_source": "/posts",
    "ce_time": "2026-01-02T03:04:05Z",
    "ce_subject": str(AMY),
    "ce_correlationid": str(an_id(7)),
    "ce_dataversion": "1",
    "content-type": "application/json",
}


@pytest.mark.parametrize(
    ("headers", "value", "error"),
    [
        ({}, b"", "EnvelopeInvalid"),
        (HEADERS | {"ce_type": "PostLiked"}, b'{"account": 7}', "DataInvalid"),
        (HEADERS | {"ce_type": "PostLiked", "ce_dataversion": "9"}, b"{}", "NewerVersion"),
    ],
)
async def test_what_cannot_be_read_is_parked(lab: Lab, headers: dict[str, str], value: bytes, error: str) -> None:
    await lab.append_raw("reactions", str(AMY), headers, value)
    await lab.append(like(BOB))
    await _fold(lab, await lab.records(REACTIONS))
    [row] = await lab.parked(REACTIONS)
    assert row.body.error.startswith(error)
    assert await lab.likes() == 1


async def test_a_type_from_the_future_is_passed_over_and_counted(lab: Lab) -> None:
    before = _count("qiao_events_skipped_total", reason="unknown type")
    await lab.append_raw("reactions", str(AMY), HEADERS | {"ce_type": "PostCelebrated"}, b"{}")
    await lab.append(like(BOB))
    await _fold(lab, await lab.records(REACTIONS))
    assert await lab.parked(REACTIONS) == []
    assert await lab.reached(REACTIONS) == 2
    assert _count("qiao_events_skipped_total", reason="unknown type") == before + 1


async def test_a_type_that_the_projection_does_not_handle_is_passed_over(lab: Lab) -> None:
    await lab.append(PostSaved(account=AMY, post=an_id(100)))
    await _fold(lab, await lab.records(REACTIONS))
    assert await lab.reached(REACTIONS) == 1


async def test_a_refused_event_folds_to_nothing_and_is_counted_once(lab: Lab) -> None:
    before = _count("qiao_events_refused_total", reason="deletion by someone else", topic="posts")
    await lab.append(PostDeleted(post=post(0).post, author=BOB))
    await _fold(lab, await lab.records(POSTS))
    assert await lab.reached(POSTS) == 1
    assert await lab.parked(POSTS) == []
    assert _count("qiao_events_refused_total", reason="deletion by someone else", topic="posts") == before + 1


async def test_a_partition_stops_when_too_many_keys_park_in_a_row(lab: Lab) -> None:
    people = [an_id(number) for number in range(10, 12 + PARKED_IN_A_ROW)]
    await lab.append(*(like(person) for person in people))
    lab.toy.broken.update(people)
    with pytest.raises(PartitionStopped, match="reactions\\[0\\]@20"):
        await _fold(lab, await lab.records(REACTIONS))
    assert len(await lab.parked(REACTIONS)) == PARKED_IN_A_ROW
    assert await lab.reached(REACTIONS) == PARKED_IN_A_ROW


async def test_any_event_that_is_folded_in_between_shows_that_the_code_is_good(lab: Lab) -> None:
    people = [an_id(number) for number in range(10, 11 + 2 * PARKED_IN_A_ROW)]
    await lab.append(*(like(person) for person in people))
    lab.toy.broken.update(set(people) - {people[PARKED_IN_A_ROW]})
    await _fold(lab, await lab.records(REACTIONS))
    assert len(await lab.parked(REACTIONS)) == 2 * PARKED_IN_A_ROW


async def test_an_event_that_a_store_refuses_for_what_it_is_parks(lab: Lab) -> None:
    def refuse(step: str) -> None:
        if step == "write toy.likes":
            raise RowRefused(Put(LIKES, Like(AMY, an_id(100), True), 0), "too large")

    await lab.append(like(AMY))
    owner = await lab.process(REACTIONS, before=refuse)
    await owner.worker.fold(await lab.records(REACTIONS))
    [row] = await lab.parked(REACTIONS)
    assert "too large" in row.body.error


def _count(name: str, **labels: str) -> float:
    labels = {"projection": "toy", "topic": "reactions"} | labels
    return REGISTRY.get_sample_value(name, labels) or 0.0

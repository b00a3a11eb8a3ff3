"""Reads of a second phase: each question is asked once per batch."""

import asyncio

import pytest

from libs.projections.memo import MemoReads
from libs.views import Put, ViewsUnavailable
from tests.unit.libs.projections.lab import AMY, BOB, Lab, an_id
from tests.unit.libs.projections.stepping import SteppingViews, Steps
from tests.unit.libs.projections.toy import LIKES, Like

ROWS = [Like(AMY, an_id(number), True) for number in range(5)]


@pytest.fixture
async def asked(lab: Lab) -> tuple[MemoReads, Steps]:
    await lab.views.write([Put(LIKES, row, 1) for row in ROWS])
    steps = Steps()
    return MemoReads(SteppingViews(lab.views, steps)), steps


async def test_a_question_is_asked_once_however_many_ask_it_at_once(asked: tuple[MemoReads, Steps]) -> None:
    reads, steps = asked
    answers = await asyncio.gather(*(reads.get(LIKES, AMY, an_id(1)) for _ in range(10)))
    assert answers == [ROWS[1]] * 10
    assert await reads.get(LIKES, AMY, an_id(1)) == ROWS[1]
    assert len(steps.done) == 1


async def test_questions_of_one_moment_are_asked_together(asked: tuple[MemoReads, Steps]) -> None:
    reads, steps = asked
    answers = await asyncio.gather(*(reads.get(LIKES, AMY, an_id(number)) for number in range(5)))
    assert answers == ROWS
    assert len(steps.done) == 1


async def test_an_answer_is_kept_even_where_there_is_no_row(asked: tuple[MemoReads, Steps]) -> None:
    reads, steps = asked
    assert await reads.get(LIKES, BOB, an_id(1)) is None
    assert await reads.get(LIKES, BOB, an_id(1)) is None
    assert len(steps.done) == 1


async def test_the_first_page_of_a_scan_is_remembered_and_later_ones_are_passed_on(
    asked: tuple[MemoReads, Steps],
) -> None:
    reads, steps = asked
    for _ in range(2):
        first = await reads.scan(LIKES, (AMY,), limit=2)
        second = await reads.scan(LIKES, (AMY,), after=(first[-1].post,), limit=2)
        assert first + second == ROWS[:4]
    assert len(steps.done) == 3


async def test_batches_of_questions_are_passed_on(asked: tuple[MemoReads, Steps]) -> None:
    reads, steps = asked
    for _ in range(2):
        assert await reads.get_many(LIKES, [(AMY, an_id(0))]) == ROWS[:1]
        assert await reads.scan_many(LIKES, [(AMY,)], limit=1) == [ROWS[:1]]
    assert len(steps.done) == 4


async def test_scans_are_not_remembered_beyond_a_bound(lab: Lab) -> None:
    await lab.views.write([Put(LIKES, row, 1) for row in ROWS])
    steps = Steps()
    reads = MemoReads(SteppingViews(lab.views, steps), most_rows=3)
    for _ in range(2):
        assert await reads.scan(LIKES, (AMY,), limit=3) == ROWS[:3]
        assert await reads.scan(LIKES, (AMY,), limit=2) == ROWS[:2]
    assert len(steps.done) == 3


async def test_whoever_gives_up_waiting_does_not_take_the_answer_from_the_others(lab: Lab) -> None:
    await lab.views.write([Put(LIKES, ROWS[0], 1)])
    reads = MemoReads(lab.views)
    impatient = asyncio.create_task(reads.get(LIKES, AMY, an_id(0)))
    patient = asyncio.create_task(reads.get(LIKES, AMY, an_id(0)))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == ROWS[0]


async def test_a_failure_reaches_everyone_who_asked(lab: Lab) -> None:
    def fail(step: str) -> None:
        raise ViewsUnavailable(step)

    reads = MemoReads(SteppingViews(lab.views, Steps(), fail))
    answers = await asyncio.gather(*(reads.get(LIKES, AMY, an_id(0)) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ViewsUnavailable] * 3
    await reads.close()

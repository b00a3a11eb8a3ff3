"""What the other tests lean on."""

import asyncio
import re
import time

import pytest

from tests.integration.ledger import Deed
from tests.integration.truth import pattern
from tests.stalls import Watch
from tests.waiting import eventually


async def test_eventually_returns_the_first_true_answer() -> None:
    answers = iter([None, 0, "ready"])
    assert await eventually(lambda: next(answers)) == "ready"


async def test_eventually_takes_a_failing_assert_for_not_yet() -> None:
    answers = iter([False, True])

    async def check() -> bool:
        assert next(answers)
        return True

    assert await eventually(check)


async def test_eventually_says_what_it_waited_for_and_what_it_saw() -> None:
    with pytest.raises(AssertionError, match=r"did not hold within 0\.05 s; it last returned \[\]"):
        await eventually(list, timeout=0.05)


@pytest.mark.may_stall
async def test_a_callback_that_blocks_the_loop_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = _watch(monkeypatch)
    asyncio.get_running_loop().call_soon(time.sleep, 1.0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(watch.stalls) == 1
    assert "sleep" in watch.stalls[0]


@pytest.mark.may_stall
async def test_a_callback_that_computes_for_long_is_found_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = _watch(monkeypatch)
    asyncio.get_running_loop().call_soon(_compute, 0.4)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(watch.stalls) == 1


def _compute(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


@pytest.mark.may_stall
async def test_waiting_without_blocking_is_no_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = _watch(monkeypatch)
    await asyncio.sleep(0.5)
    assert watch.stalls == []


def _watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(asyncio.Handle, "_run", lambda handle: watch.run(handle))
    return watch


@pytest.mark.parametrize(
    ("deeds", "held", "is_right"),
    [
        ("PP", "PP", True),
        ("PP", "P", True),
        ("PDP", "PDP", True),
        ("PDP", "PP", False),
        ("PDP", "PD", False),
        ("PD", "PDD", False),
        ("DD", "", False),
    ],
)
def test_of_a_toggle_the_log_may_lack_only_what_stood_already(deeds: str, held: str, is_right: bool) -> None:
    told = pattern([Deed(sign, 1, 1) for sign in deeds], ("like", "amy", "post"))
    assert bool(re.fullmatch(told, held)) is is_right


def test_of_a_post_the_log_lacks_nothing() -> None:
    assert not re.fullmatch(pattern([Deed("E", 1, 1), Deed("E", 1, 1)], ("text", "hi")), "E")

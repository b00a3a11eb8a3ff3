"""The throttle: it stands still while the live tables lag, for no longer than that helps, and is quick otherwise."""

import asyncio

import pytest

from libs.projections.rebuilding.throttle import LiveLag, Throttle
from tests.unit.libs.projections.lab import AMY, BOB, REACTIONS, Lab, like
from tests.unit.libs.projections.rebuilding.site import fold_all, ground


class Said(LiveLag):
    """A lag that a test says."""

    def __init__(self, *seconds: float) -> None:
        self.left, self.moved_at = list(seconds), 0.0

    async def seconds(self) -> float:
        self.moved_at = asyncio.get_running_loop().time()
        return self.left.pop(0)


async def test_the_lag_is_for_how_long_something_has_not_been_folded(lab: Lab) -> None:
    lag = LiveLag(await ground(lab), 0)
    assert await lag.seconds() == 0
    await lab.append(like(AMY))
    assert await lag.seconds() < 0.01
    first = asyncio.get_running_loop().time()
    await lab.append(like(BOB))
    found = await lag.seconds()
    assert 0 < found <= asyncio.get_running_loop().time() - first + 0.01
    await fold_all(lab)
    assert await lag.seconds() == 0
    assert await lab.reached(REACTIONS) == 2


async def test_it_stands_still_until_half_of_the_bound_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.projections.rebuilding.throttle.LOOK_AGAIN", 0.0)
    said = Said(0.9, 0.9, 0.4, 0.2)
    throttle = Throttle(said, max_lag=0.5)
    await throttle.after(0.0)
    assert said.left == []
    assert throttle.held > 0


async def test_it_does_not_look_between_two_looks_nor_stand_still_below_the_bound() -> None:
    said = Said(0.4)
    throttle = Throttle(said, max_lag=0.5)
    for _ in range(5):
        await throttle.after(0.0)
    assert (said.left, throttle.held) == ([], 0)


async def test_where_nobody_folds_live_it_does_not_wait_for_ever(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.projections.rebuilding.throttle.LOOK_AGAIN", 0.001)
    monkeypatch.setattr("libs.projections.rebuilding.throttle.STUCK", 0.05)
    await lab.append(like(AMY))
    lag = LiveLag(await ground(lab), 0)
    await lag.seconds()
    throttle = Throttle(lag, max_lag=0.0)
    await asyncio.wait_for(throttle.after(0.0), 5)
    assert throttle.held >= 0.05

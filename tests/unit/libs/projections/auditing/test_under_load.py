"""No false alarm while events are folded: rows are written one by one, in any order, as servers would show them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random

import pytest

from libs.events import Event
from libs.projections.auditing import Auditor
from libs.projections.auditing import rows as rows_module
from libs.projections.auditing import tallies as tallies_module
from libs.projections.folding import Folder, FoldStores
from libs.projections.parking import ParkingLot
from libs.views import Put
from tests.unit.libs.projections.lab import AMY, POSTS, REACTIONS, Lab, an_id, like, post, unlike
from tests.unit.libs.projections.stepping import SteppingViews, Steps

EVENTS = 60
FEW = 4


class RaggedViews(SteppingViews):
    """Each row is seen by itself, and others get their turn before the next."""

    def __init__(self, lab: Lab, random: Random) -> None:
        super().__init__(lab.views, Steps(None), lambda _: None)
        self._random = random

    async def write(self, *stages: Sequence[Put]) -> None:
        for stage in stages:
            for put in self._random.sample(stage, len(stage)):
                await super().write([put])
                await asyncio.sleep(self._random.choice((0, 0, 0.001)))


def _some_event(random: Random) -> Event:
    account, number = an_id(random.randrange(10, 10 + FEW)), random.randrange(FEW)
    return random.choice((like(account, number), unlike(account, number), post(number)))


@asynccontextmanager
async def _living(lab: Lab, random: Random) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(_live(lab, random))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _live(lab: Lab, random: Random) -> None:
    """Append and fold at the same time as everybody else looks."""
    folders = {
        place: Folder(
            lab.toy.projection,
            FoldStores(lab.log, RaggedViews(lab, random), lab.publisher),
            place,
            epoch=1,
            start=0,
            emitted=0,
            lot=ParkingLot("toy", place, 1),
        )
        for place in (POSTS, REACTIONS)
    }
    for _ in range(EVENTS // 4):
        await lab.append(*(_some_event(random) for _ in range(4)))
        for place, folder in folders.items():
            if records := await lab.records(place, folder.reached):
                await folder.fold(records)


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_folded_just_now_is_no_drift(lab: Lab, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (rows_module, tallies_module):
        monkeypatch.setattr(module, "PAUSES", (0.0, 0.001, 0.002, 0.005))
    audits = Auditor(lab.toy.projection, lab.log, lab.views, lab.vault, random=Random(seed))
    agreed = 0
    async with _living(lab, Random(seed)) as living:
        while not living.done():
            for place in (POSTS, REACTIONS):
                report = await audits.some(place, FEW)
                assert [each.drift for each in report.found] == []
                agreed += report.agreed
            await asyncio.sleep(0)
        await living
    assert agreed > 0
    assert (await audits.some(REACTIONS, 2 * FEW)).passed_over == 0


async def test_a_real_drift_is_found_while_others_are_folded(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "PAUSES", (0.0, 0.01, 0.05))
    right = lab.toy.projection.handlers
    handler = right[type(like(AMY))]
    right[type(like(AMY))] = handler._replace(fold=lambda event, meta, out: None)
    await lab.append(like(AMY, 9))
    owner = await lab.process(REACTIONS)
    await owner.worker.fold(await lab.records(REACTIONS))
    right[type(like(AMY))] = handler
    async with _living(lab, Random(7)):
        report = await Auditor(lab.toy.projection, lab.log, lab.views, lab.vault).one(str(AMY))
    assert {each.drift.kind for each in report.found} >= {"missing"}

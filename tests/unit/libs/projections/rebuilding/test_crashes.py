"""A rebuild dies before any of its steps: the old generation or the new one serves, whole, and the next run ends it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from libs.projections.generations import Building, Handover, change, read_standing, tables_of
from libs.projections.generations.still import still_folded
from libs.projections.rebuilding.lease import KIND as LEASE
from libs.vault import Vault
from libs.vault.port import Item, Kept
from libs.views import SchemaOutdated
from tests.unit.libs.projections.lab import AMY, BOB, CAT, POSTS, REACTIONS, Dump, Lab, like, open_lab, post, unlike
from tests.unit.libs.projections.rebuilding.site import (
    at_work,
    dump,
    echoes,
    fold_all,
    folded_by,
    parked,
    rebuild,
    standing,
)
from tests.unit.libs.projections.stepping import Killed, SteppingViews, Steps
from tests.waiting import eventually

STORY = [post(0), like(AMY), like(BOB), post(1), unlike(AMY), like(CAT, 1)]


class SteppingVault(Vault):
    """A real vault, whose every operation is a step of a process that may die at it."""

    def __init__(self, vault: Vault, steps: Steps) -> None:
        self._vault, self._steps = vault, steps

    async def get(self, kind: str, key: str) -> Item | None:
        self._steps.take(f"get {kind}")
        return await self._vault.get(kind, key)

    async def put(self, kind: str, key: str, value: bytes, *, ttl: float | None = None) -> Item:
        self._steps.take(f"put {kind}")
        return await self._vault.put(kind, key, value, ttl=ttl)

    async def compare_and_set(
        self, kind: str, key: str, expected: int | None, value: bytes, *, ttl: float | None = None
    ) -> Item | None:
        self._steps.take(f"set {kind}")
        return await self._vault.compare_and_set(kind, key, expected, value, ttl=ttl)

    async def claim(self, kind: str, key: str, owner: str, value: bytes, *, lease: float) -> Item:
        self._steps.take(f"claim {kind}")
        return await self._vault.claim(kind, key, owner, value, lease=lease)

    async def confirm(self, kind: str, key: str, owner: str) -> bool:
        self._steps.take(f"confirm {kind}")
        return await self._vault.confirm(kind, key, owner)

    async def delete(self, kind: str, key: str, *, owner: str | None = None) -> bool:
        self._steps.take(f"delete {kind}")
        return await self._vault.delete(kind, key, owner=owner)

    def records(self) -> AsyncIterator[Kept]:
        return self._vault.records()

    async def bring_back(self, record: Kept, *, over: bool = False) -> bool:
        self._steps.take(f"bring back {record.kind}")
        return await self._vault.bring_back(record, over=over)

    async def migrate(self) -> None:
        await self._vault.migrate()

    async def healthy(self) -> bool:
        return await self._vault.healthy()

    async def close(self) -> None:
        """The vault stays open for the others."""


@asynccontextmanager
async def _folded(directory: Path) -> AsyncIterator[Lab]:
    directory.mkdir()  # noqa: ASYNC240 - a test's folder
    async with open_lab(directory) as lab:
        await lab.append(*STORY)
        await fold_all(lab)
        yield lab


async def _live(lab: Lab, steps: Steps, *, back: bool = False, owners: bool = False) -> bool:
    """One process's rebuild or rollback; False if it died of it."""
    views, vault = SteppingViews(lab.views, steps), SteppingVault(lab.vault, steps)
    try:
        async with at_work(lab, views, vault) as one:
            if back:
                await one.roll_back(owners=owners)
            else:
                await one.build(owners=owners, random=Random(1))
    except Killed:
        await lab.vault.delete(LEASE, "toy")  # its time is over
        return False
    return True


async def _goes_on(lab: Lab) -> None:
    """Whatever serves folds what comes, and says what it causes."""
    said = await echoes(lab)
    await lab.append(post(9), like(AMY, 9))
    async with folded_by(lab):
        await eventually(lambda: _caught_up(lab))
    assert len(await echoes(lab)) == len(said) + 2


async def _caught_up(lab: Lab) -> bool:
    found = await standing(lab)
    return found.handover is None and post(9).post.bytes in {row[0] for row in dump(lab, found.serving)["toy.posts"]}


async def _after_a_death(lab: Lab, die_at: int, *, back: bool, ends_at: int) -> bool:
    """The next run ends what a death at this step left; whether there was none."""
    over = await _live(lab, Steps(die_at), back=back)
    where = f"after a death at step {die_at}"
    await _goes_on(lab)
    if (await standing(lab)).serving != ends_at:
        assert not over, where
        assert await _live(lab, Steps(), back=back), where
    assert (await standing(lab)).serving == ends_at, where
    await lab.append(like(BOB, 9))
    await fold_all(lab)
    found = dump(lab, ends_at)
    assert found == await _from_the_start(lab), where
    assert await parked(lab) == []
    assert len(await echoes(lab)) == 2 * len(dump(lab, 0)["toy.posts"]), where
    return over


async def _from_the_start(lab: Lab) -> Dump:
    """What a process that folds everything makes of the log."""
    lab.forget()
    for place in (POSTS, REACTIONS):
        process = await lab.process(place)
        await process.folder.fold(await lab.records(place))
    return dump(lab, 0)


@pytest.mark.slow
@pytest.mark.parametrize("back", [False, True], ids=["rebuild", "rollback"])
async def test_a_death_between_any_two_steps_costs_nothing_but_another_run(
    tmp_path: Path, quick_to_give_up: None, back: bool
) -> None:
    die_at, over = 0, False
    while not over:
        async with _folded(tmp_path / str(die_at)) as lab:
            if back:
                await rebuild(lab)
                await lab.append(post(5), like(CAT, 5), unlike(BOB))
                await fold_all(lab)
            over = await _after_a_death(lab, die_at, back=back, ends_at=0 if back else 1)
        die_at += 1
    assert die_at > 40


async def _abandoned(lab: Lab, steps: Steps) -> bool:
    """False if its process died of it."""
    views, vault = SteppingViews(lab.views, steps), SteppingVault(lab.vault, steps)
    try:
        async with at_work(lab, views, vault) as one:
            await one.abandon()
    except Killed:
        await lab.vault.delete(LEASE, "toy")  # its time is over
        return False
    return True


@pytest.mark.slow
async def test_a_death_between_the_steps_of_a_drop_leaves_nothing_standing_and_forfeits_no_rollback(
    tmp_path: Path,
) -> None:
    die_at, over = 0, False
    while not over:
        async with _folded(tmp_path / str(die_at)) as lab:
            await rebuild(lab)
            stands = await read_standing(lab.vault, "toy")
            await lab.views.migrate(tables_of(lab.toy.projection, 2))
            half = replace(stands.standing, building=Building(generation=2), highest=2)
            await change(lab.vault, "toy", stands, half)
            over = await _abandoned(lab, Steps(die_at))
            await _ends_the_drop(lab, f"after a death at step {die_at}")
        die_at += 1
    assert die_at > 5


async def _ends_the_drop(lab: Lab, where: str) -> None:
    async with at_work(lab) as one:
        found = await standing(lab)
        if found.building is not None:
            await one.abandon()
        elif found.dropping:
            assert await one.drop_old() == [2], where
        with pytest.raises(SchemaOutdated):
            await lab.views.verify(tables_of(lab.toy.projection, 2))
        assert await one.roll_back(owners=False) == 0, where


async def test_workers_take_back_a_handover_whose_maker_has_died(tmp_path: Path, quick_to_give_up: None) -> None:
    async with _folded(tmp_path / "lab") as lab, folded_by(lab):
        stands = await read_standing(lab.vault, "toy")
        dead = Handover(id="dead", to=1)
        await change(lab.vault, "toy", stands, replace(stands.standing, handover=dead))
        await eventually(lambda: _all_stopped(lab, dead))
        await lab.append(post(9))
        await eventually(lambda: _handed_back(lab))
        await eventually(lambda: _caught_up(lab))


@pytest.fixture
def quick_to_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.projections.generations.still.LIMIT", 0.2)


async def _all_stopped(lab: Lab, handover: Handover) -> bool:
    return not await still_folded(lab.vault, "toy", handover.id, [POSTS, REACTIONS])


async def _handed_back(lab: Lab) -> bool:
    return (await standing(lab)).handover is None

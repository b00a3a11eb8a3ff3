"""Auditing keys: named ones, or some at random, with a few rows of others beside theirs."""

import time
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

import msgspec

from libs.log import Log, Partition
from libs.projections.auditing.drift import Drift, Found
from libs.projections.auditing.expecting import Expected
from libs.projections.auditing.extras import Suspect, neighbour, own_extras
from libs.projections.auditing.ground import ground_of
from libs.projections.auditing.histories import Pace, at_once, of_some
from libs.projections.auditing.rows import History, find_extra, history_of, look
from libs.projections.auditing.scene import Scene
from libs.projections.auditing.tallies import look_at_tally
from libs.projections.projection import Need, Projection
from libs.telemetry import metrics
from libs.vault import Vault
from libs.views import Reads

NEIGHBOURS = 2
"""Rows of others looked into in one pass: each costs reading a partition or a few."""

SOME_TALLIES = 20
MOST_TALLIES = 1_000


class Report(NamedTuple):
    """What audits came to."""

    agreed: int
    """Keys whose rows are as their events made them."""
    passed_over: int
    """Keys of which nothing is certain now: events of theirs wait, come just now, or are too many to hold."""
    found: tuple[Found, ...]

    def plus(self, other: "Report") -> "Report":
        """Both together, each drift once."""
        found = {each.drift.about: each for each in (*self.found, *other.found)}
        return Report(self.agreed + other.agreed, self.passed_over + other.passed_over, tuple(found.values()))


NOTHING = Report(0, 0, ())


class Auditor:
    """Audits one projection. It reads the log without a group, and writes nothing."""

    def __init__(
        self,
        projection: Projection,
        log: Log,
        live: Reads,
        vault: Vault,
        *,
        random: Random | None = None,
        pace: Pace = at_once,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`live` are the views that the projection writes. For the rest see `Scene`."""
        self.projection = projection
        self._scene = Scene(projection, log, live, vault, pace, clock, random or Random())  # noqa: S311 - a sample

    async def some(self, place: Partition, keys: int) -> Report:
        """Audit so many keys of a partition at random. Raises LogError, ViewsUnavailable, VaultUnavailable."""
        scene = self._scene
        ground = await ground_of(self.projection.name, scene.live, scene.vault, place)
        histories = await of_some(scene.range(place, ground.reached), keys, scene.random)
        report, left = NOTHING, NEIGHBOURS
        for key, records in histories.items():
            audited, expected = await self._key(History(place, key, records, ground.reached), SOME_TALLIES)
            report = report.plus(audited)
            suspect = await neighbour(scene.live, key, expected, scene.random) if left else None
            if suspect is not None:
                left -= 1
                report = report.plus(await self._suspect(suspect, place.topic))
        return self._counted(report)

    async def one(self, key: str) -> Report:
        """Audit all that came of one key's events. Raises LogError, ViewsUnavailable, VaultUnavailable."""
        report = NOTHING
        for place in await self._scene.places(key):
            report = report.plus(await self._at(place, key))
        return self._counted(report)

    async def again(self, drift: Drift) -> Report:
        """Audit what an earlier drift was about. Raises LookupError for a table that is no more, and as `one` does."""
        if drift.kind != "extra":
            return await self.one(drift.through or drift.key)
        table = next((each for each in self.projection.tables if each.name == drift.table), None)
        if table is None or drift.stands is None:
            raise LookupError(f"{self.projection.name} has no table {drift.table}")
        row = msgspec.json.decode(drift.stands, type=table.row)
        need = Need(table, table.key_of(row))
        if await self._scene.live.get(table, *need.key) is None:
            return self._counted(Report(1, 0, ()))
        extra = tuple(await self._extra(Suspect(need, row, drift.key), drift.topic))
        return self._counted(Report(int(not extra), 0, extra))

    async def _at(self, place: Partition, key: str) -> Report:
        ground = await ground_of(self.projection.name, self._scene.live, self._scene.vault, place)
        history = await history_of(self._scene, place, key, ground.reached)
        if history is None:
            return Report(0, 1, ())
        return (await self._key(history, MOST_TALLIES))[0] if history.records else NOTHING

    async def _key(self, history: History, tallies: int) -> tuple[Report, Expected]:
        looked = await look(self._scene, history)
        if looked is None:
            return Report(0, 1, ()), Expected()
        found = list(looked.found)
        for suspect in await own_extras(self._scene.live, history.key, looked.expected):
            found += await self._extra(suspect, history.place.topic)
        counted = await self._tallies(history, looked.expected, tallies, doubted=bool(found))
        unsure = counted is None and not found
        found += counted or []
        told = tuple(_through(each, history.key) for each in found)
        return Report(int(not found and not unsure), int(unsure), told), looked.expected

    async def _tallies(self, history: History, expected: Expected, most: int, *, doubted: bool) -> list[Found] | None:
        keys = [key for key in expected.counted if key.kind in self.projection.recounts]
        found: list[Found] = []
        for key in self._scene.random.sample(keys, min(most, len(keys))):
            looked = await look_at_tally(self._scene, history.place, key, doubted=doubted)
            if looked is None:
                return found or None
            found += looked
        return found

    async def _suspect(self, suspect: Suspect, topic: str) -> Report:
        """A row of somebody else: the whole key is audited, and the row must be one of its own."""
        extra = await self._extra(suspect, topic)
        if extra:
            return Report(0, 0, tuple(extra))
        return await self._at((await self._scene.places(suspect.owner, topic))[0], suspect.owner)

    async def _extra(self, suspect: Suspect, topic: str) -> Sequence[Found]:
        found = await find_extra(self._scene, suspect, topic)
        return [found] if found else []

    def _counted(self, report: Report) -> Report:
        name = self.projection.name
        metrics.audited(name, "agreed", report.agreed)
        metrics.audited(name, "passed over", report.passed_over)
        metrics.audited(name, "drifted", len({each.drift.key for each in report.found}))
        for each in report.found:
            metrics.drifted(name, each.drift.table or "none")
        return report


def _through(found: Found, key: str) -> Found:
    return found._replace(drift=msgspec.structs.replace(found.drift, through=key))

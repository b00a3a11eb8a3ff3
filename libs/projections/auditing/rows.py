"""The rows of one key, looked at again until a difference is certain, gone, or not to be settled now.

While events are folded, rows run ahead of what an audit has read, or behind it. A difference is drift only where every
event up to a mark that was read before the rows must be in them, and no event after that mark is the key's.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from libs.log import Partition, Record
from libs.projections.amendments import load_amendments
from libs.projections.auditing.comparing import Subject, compare
from libs.projections.auditing.drift import Drift, Found
from libs.projections.auditing.expecting import CannotFold, Expected, fold_history
from libs.projections.auditing.extras import Suspect
from libs.projections.auditing.ground import Ground, ground_of, unsettled
from libs.projections.auditing.histories import of_keys
from libs.projections.auditing.scene import Scene
from libs.projections.sorting import key_of
from libs.views import Put

PAUSES = (0.0, 0.05, 0.2, 1.0, 3.0)
"""Seconds before each look at a difference."""


class History(NamedTuple):
    """Everything that one key did in one topic, up to `end`."""

    place: Partition
    key: str
    records: Sequence[Record]
    end: int


class Looked(NamedTuple):
    """What its rows should be, and those that are not."""

    expected: Expected
    found: list[Found]


async def history_of(scene: Scene, place: Partition, key: str, end: int) -> History | None:
    """Read it; None where it is too long to hold. Raises LogError."""
    records = (await of_keys(scene.range(place, end), [key])).get(key)
    return None if records is None else History(place, key, records, end)


async def look(scene: Scene, history: History) -> Looked | None:
    """Compare its rows with the live ones. None: nothing is certain now. Raises LogError, ViewsUnavailable."""
    for pause in (None, *PAUSES):
        if pause is not None:
            await asyncio.sleep(pause)
        ground = await ground_of(scene.projection.name, scene.live, scene.vault, history.place)
        if history.key in ground.waiting:
            return None
        extended = await _extended(scene, history, ground.reached)
        if extended is None:
            return None
        history = extended
        looked = await _compare(scene, ground, history)
        if not looked.found or (pause is not None and await _is_settled(scene, ground, history.key)):
            return looked
    return None


async def find_extra(scene: Scene, suspect: Suspect, topic: str) -> Found | None:
    """The finding that no event wrote this row, of any topic and of any key that the row names; None where one did.

    `topic` is the likeliest. The log is read after the row: whatever wrote it is there. Raises LogError,
    ViewsUnavailable.
    """
    for key in dict.fromkeys([suspect.owner, *(str(each) for each in suspect.need.key if isinstance(each, UUID))]):
        for place in await scene.places(key, topic):
            history = await history_of(scene, place, key, await scene.end(place))
            if history is None or await _writes(scene, history, suspect):
                return None
    [place, *_] = await scene.places(suspect.owner, topic)
    ground = await ground_of(scene.projection.name, scene.live, scene.vault, place)
    drift = Subject(scene.projection.name, ground, suspect.owner).drift(suspect.need, "extra", suspect.row, None)
    cure = Put(suspect.need.table, suspect.row, ground.latest)
    return Found(replace(drift, why="no event of this key writes such a row"), cure, latest=ground.latest)


async def _writes(scene: Scene, history: History, suspect: Suspect) -> bool:
    try:
        expected = await fold_history(scene.projection, 0, history.records, await load_amendments(scene.log))
    except CannotFold:
        # Nobody can tell: then it is no finding.
        return True
    return suspect.need in expected.rows


async def _extended(scene: Scene, history: History, reached: int) -> History | None:
    """With what was folded since. None where that makes it too long."""
    place, key, records, end = history
    if reached < end:
        return History(place, key, [record for record in records if record.offset < reached], reached)
    more = (await of_keys(scene.range(place, reached, end), [key])).get(key)
    return None if more is None else History(place, key, [*records, *more], reached)


async def _compare(scene: Scene, ground: Ground, history: History) -> Looked:
    subject = Subject(scene.projection.name, ground, history.key)
    try:
        expected = await fold_history(scene.projection, ground.epoch, history.records, await load_amendments(scene.log))
    except CannotFold as error:
        return Looked(Expected(), [_unfoldable(subject, error)])
    return Looked(expected, await compare(subject, expected, scene.live, scene.clock()))


async def _is_settled(scene: Scene, ground: Ground, key: str) -> bool:
    between = await unsettled(scene.log, ground, scene.pace)
    return between is not None and all(key_of(record) != key for record in between)


def _unfoldable(subject: Subject, error: CannotFold) -> Found:
    topic, number = subject.ground.place
    drift = Drift(
        projection=subject.projection,
        table="",
        kind="unfoldable",
        topic=topic,
        partition=number,
        key=subject.key,
        row=f'["{subject.key}"]',
        stands=None,
        should=None,
        parted=error.event,
        why=str(error),
    )
    return Found(drift, None)

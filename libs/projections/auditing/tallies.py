"""One tally, looked at again until a difference is certain; then whose rows behind it are off."""

import asyncio

from libs.log import Partition, Record
from libs.projections.amendments import Amendments, load_amendments
from libs.projections.auditing.comparing import Subject, compare
from libs.projections.auditing.counting import Contributions, Count, contributions, count_of, told, told_disputed
from libs.projections.auditing.disputing import dispute_about
from libs.projections.auditing.drift import Found
from libs.projections.auditing.extras import members_beside
from libs.projections.auditing.ground import Ground, ground_of, unsettled
from libs.projections.auditing.histories import mentions
from libs.projections.auditing.rows import PAUSES, find_extra, history_of, look
from libs.projections.auditing.scene import Scene
from libs.projections.batch import TallyKey

MOST_MEMBERS = 50
"""Members whose rows are looked into for one tally."""


async def look_at_tally(scene: Scene, place: Partition, tally: TallyKey, *, doubted: bool) -> list[Found] | None:
    """What is wrong about it. None: nothing is certain now. Raises LogError, ViewsUnavailable.

    Where its members are `doubted`, that it agrees with them is not enough: the log is asked.
    """
    for pause in (None, *PAUSES):
        if pause is not None:
            await asyncio.sleep(pause)
        ground = await ground_of(scene.projection.name, scene.live, scene.vault, place)
        count = await count_of(scene.projection, scene.live, tally)
        if count is not None and count.agrees and not doubted:
            return []
        if count is None or pause is None:
            continue
        between, amendments = await unsettled(scene.log, ground, scene.pace), await load_amendments(scene.log)
        if between is not None and not any(_concerns(scene, amendments, record, tally) for record in between):
            return await _explain(scene, ground, tally, count, amendments)
    return None


def _concerns(scene: Scene, amendments: Amendments, record: Record, tally: TallyKey) -> bool:
    """As it is, or as an operator has just edited it."""
    amended = amendments.apply(scene.projection.name, record)
    return any(each is not None and mentions(each, str(tally.subject)) for each in (record, amended))


async def _explain(scene: Scene, ground: Ground, tally: TallyKey, count: Count, amendments: Amendments) -> list[Found]:
    range_ = scene.range(ground.place, ground.reached)
    logged = await contributions(scene.projection, ground.epoch, range_, amendments, tally)
    members = [] if logged is None or logged.total == count.members else await _members(scene, ground, logged, tally)
    truth = count.members if logged is None else logged.total
    # Where only members are wrong, they are what there is to mend.
    if (count.row.count if count.row else 0) == truth and (members or count.agrees):
        return members
    subject = Subject(scene.projection.name, ground, str(tally.subject))
    if logged is not None and (count.row.count if count.row else 0) == truth:
        parting = await dispute_about(scene.projection, tally, logged.expected.values())
        if parting is not None:
            return [told_disputed(subject, scene.projection, tally, count, parting)]
    return [*members, told(subject, scene.projection, tally, count, logged)]


async def _members(scene: Scene, ground: Ground, logged: Contributions, tally: TallyKey) -> list[Found]:
    found = []
    for key in (await _differing(scene, ground, logged))[:MOST_MEMBERS]:
        history = await history_of(scene, ground.place, key, ground.reached)
        looked = await look(scene, history) if history else None
        found += looked.found if looked else []
    for suspect in (await members_beside(scene.live, logged.expected, str(tally.subject)))[:MOST_MEMBERS]:
        extra = await find_extra(scene, suspect, ground.place.topic)
        found += [extra] if extra else []
    return found


async def _differing(scene: Scene, ground: Ground, logged: Contributions) -> list[str]:
    """Whose rows are worth a closer look."""
    return [
        key
        for key, expected in logged.expected.items()
        if await compare(Subject(scene.projection.name, ground, key), expected, scene.live, scene.clock())
    ]

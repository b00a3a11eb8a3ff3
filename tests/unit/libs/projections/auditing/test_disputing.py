"""A handler that counts otherwise than it lists is found out, with the event after which both part."""

from collections.abc import Sequence
from time import time

import pytest

from libs.events import Meta, PostUnliked
from libs.projections import Need, Out, folds
from libs.projections.auditing import Auditor, Found, repair
from tests.unit.libs.projections.lab import AMY, BOB, REACTIONS, Lab, like, unlike
from tests.unit.libs.projections.toy import LIKES, LIKES_ON, Like, LikeOn


def _needs(event: PostUnliked, meta: Meta) -> Sequence[Need]:
    return (Need(LIKES, (event.account, event.post)),)


def _counts_nothing(event: PostUnliked, meta: Meta, out: Out) -> None:
    out.put(LIKES, Like(event.account, event.post, False))
    out.put(LIKES_ON, LikeOn(event.post, meta.partition, event.account, False))


@pytest.fixture
async def found(lab: Lab) -> Found:
    """What an audit finds where the handler of unlikes forgets the count: of three events the third is such a one."""
    lab.toy.projection.handlers.update([folds(PostUnliked, _counts_nothing, needs=_needs)])
    await lab.append(like(BOB), like(AMY), unlike(AMY), like(AMY, 2))
    owner = await lab.process(REACTIONS)
    await owner.worker.fold(await lab.records(REACTIONS))
    audits = Auditor(lab.toy.projection, lab.log, lab.views, lab.vault)
    [found] = (await audits.one(str(AMY))).found
    return found


async def test_the_event_that_is_listed_and_not_counted_is_named(found: Found) -> None:
    assert found.drift.kind == "count"
    assert found.drift.why.startswith("the tally says 2, its membership rows say 1, and so the handlers fold it")
    assert found.drift.agreed is not None
    assert found.drift.parted is not None
    assert (found.drift.agreed.type, found.drift.parted.type) == ("PostLiked", "PostUnliked")


async def test_it_is_not_called_repaired_while_the_handlers_disagree(lab: Lab, found: Found) -> None:
    before = lab.dump()
    assert await repair(lab.views, found, time()) == "not repaired"
    assert lab.dump() == before

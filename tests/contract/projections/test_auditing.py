"""Audits on both pairs of twins: a handler with a bug folds, the audit with the right one finds what it left."""

from random import Random
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from libs.events import Event, Meta, PostLiked, PostUnliked
from libs.log import Partition
from libs.log.partitioner import partition_for
from libs.projections import Out, Projection
from libs.projections.auditing import Auditor, Found, Report, repair
from libs.projections.projection import Fold
from tests.contract.projections.conftest import PARTITIONS
from tests.unit.libs.projections.lab import AMY, BOB, CAT, POSTS, Lab, an_id, like, post, unlike
from tests.unit.libs.projections.toy import LIKES, LIKES_ON, TALLIES, Like, LikeOn, Toy

NOW = 2_000_000_000.0
THE_POST = post(0).post


def reactions_of(account: UUID) -> Partition:
    return Partition("reactions", partition_for(str(account).encode(), PARTITIONS))


async def fold(lab: Lab) -> None:
    """Everything there is, with whatever bug the lab's projection has now."""
    for partition in [POSTS, *(Partition("reactions", number) for number in range(PARTITIONS))]:
        owner = await lab.process(partition)
        if records := await lab.records(partition, owner.folder.reached):
            await owner.worker.fold(records)


def breaks(lab: Lab, event_type: type[Event], wrong: Fold[PostLiked]) -> None:
    """From now on the lab folds such events wrongly."""
    handlers = lab.toy.projection.handlers
    handlers[event_type] = handlers[event_type]._replace(fold=wrong)


def mend(lab: Lab) -> Projection:
    """From now on it does not."""
    lab.toy = Toy()
    return lab.toy.projection


def auditor(lab: Lab) -> Auditor:
    return Auditor(mend(lab), lab.log, lab.views, lab.vault, random=Random(1))


async def audit(lab: Lab, key: UUID) -> Report:
    return await auditor(lab).one(str(key))


async def found_once(lab: Lab, key: UUID) -> Found:
    [found] = (await audit(lab, key)).found
    return found


async def is_mended(lab: Lab, key: UUID, found: Found) -> None:
    assert await repair(lab.views, found, NOW) == "repaired"
    report = await audit(lab, key)
    assert (report.found, report.passed_over) == ((), 0)


async def test_rows_that_are_as_their_events_made_them_are_no_drift(lab: Lab) -> None:
    await lab.append(post(0), like(AMY), like(BOB), unlike(AMY), like(AMY))
    await fold(lab)
    for key in (THE_POST, AMY, BOB):
        report = await audit(lab, key)
        assert (report.agreed > 0, report.passed_over, report.found) == (True, 0, ())


async def test_a_wrong_row_is_found_with_the_event_it_lacks_and_is_repaired(lab: Lab) -> None:
    await lab.append(like(AMY))
    await fold(lab)
    breaks(lab, PostUnliked, lambda event, meta, out: None)
    [place] = await lab.append(unlike(AMY))
    await fold(lab)
    by_table = {found.drift.table: found for found in (await audit(lab, AMY)).found}
    assert by_table.keys() == {"toy.likes", "toy.likes_on", "toy.tallies"}
    drift = by_table["toy.likes"].drift
    assert (drift.kind, drift.key) == ("wrong", str(AMY))
    assert drift.agreed is not None
    assert drift.agreed.type == "PostLiked"
    assert drift.parted is not None
    assert drift.parted.place == f"reactions[{place.partition}]@{place.offset}"
    for found in by_table.values():
        assert await repair(lab.views, found, NOW) == "repaired"
    assert await lab.views.get(LIKES, AMY, THE_POST) == Like(AMY, THE_POST, False)


async def test_a_row_with_the_right_stamp_and_the_wrong_value_is_found_and_repaired(lab: Lab) -> None:
    def wrong(event: PostLiked, meta: Meta, out: Out) -> None:
        out.put(LIKES, Like(event.account, event.post, False))
        out.put(LIKES_ON, LikeOn(event.post, meta.partition, event.account, True))
        out.add("likes", event.post, 1)

    breaks(lab, PostLiked, wrong)
    await lab.append(like(AMY))
    await fold(lab)
    found = await found_once(lab, AMY)
    assert (found.drift.kind, found.drift.table) == ("wrong", "toy.likes")
    assert found.drift.why == "no event ever wrote what stands"
    await is_mended(lab, AMY, found)


async def test_a_missing_row_is_found_and_repaired(lab: Lab) -> None:
    def wrong(event: PostLiked, meta: Meta, out: Out) -> None:
        out.put(LIKES_ON, LikeOn(event.post, meta.partition, event.account, True))
        out.add("likes", event.post, 1)

    breaks(lab, PostLiked, wrong)
    await lab.append(like(AMY))
    await fold(lab)
    found = await found_once(lab, AMY)
    assert (found.drift.kind, found.drift.table, found.drift.stands) == ("missing", "toy.likes", None)
    assert found.drift.parted is not None
    await is_mended(lab, AMY, found)


async def test_a_wrong_count_is_found_and_repaired(lab: Lab) -> None:
    right = lab.toy.projection.handlers[PostLiked].fold
    assert right is not None

    def wrong(event: PostLiked, meta: Meta, out: Out) -> None:
        right(event, meta, out)
        out.add("likes", event.post, 5)

    breaks(lab, PostLiked, wrong)
    await lab.append(like(AMY))
    await fold(lab)
    found = await found_once(lab, AMY)
    assert (found.drift.kind, found.drift.table) == ("count", "toy.tallies")
    assert found.drift.why == "the tally says 6, its membership rows say 1, the log says 1"
    assert found.drift.parted is not None
    assert found.drift.parted.type == "PostLiked"
    await is_mended(lab, AMY, found)
    # What comes after a repair counts on top of it.
    await lab.append(unlike(AMY))
    await fold(lab)
    row = await lab.views.get(TALLIES, THE_POST, "likes", reactions_of(AMY).number)
    assert row is not None
    assert row.count == 0


async def test_a_count_tells_after_which_event_it_went_wrong(lab: Lab) -> None:
    def uncounted(event: PostLiked, meta: Meta, out: Out) -> None:
        out.put(LIKES, Like(event.account, event.post, False))
        out.put(LIKES_ON, LikeOn(event.post, meta.partition, event.account, False))

    breaks(lab, PostUnliked, uncounted)
    first, second = await lab.append(like(AMY), unlike(AMY))
    await fold(lab)
    drift = (await found_once(lab, AMY)).drift
    assert drift.agreed is not None
    assert drift.agreed.place == f"reactions[{first.partition}]@{first.offset}"
    assert drift.parted is not None
    assert drift.parted.place == f"reactions[{second.partition}]@{second.offset}"


async def test_a_row_in_a_keys_own_partition_that_no_event_wrote_is_found_and_vanishes(lab: Lab) -> None:
    right = lab.toy.projection.handlers[PostLiked].fold
    assert right is not None
    ghost = Like(AMY, an_id(999), True)

    def wrong(event: PostLiked, meta: Meta, out: Out) -> None:
        right(event, meta, out)
        out.put(LIKES, ghost)

    breaks(lab, PostLiked, wrong)
    await lab.append(like(AMY))
    await fold(lab)
    found = await found_once(lab, AMY)
    assert (found.drift.kind, found.drift.should) == ("extra", None)
    assert found.drift.stands == msgspec.json.encode(ghost).decode()
    assert (await auditor(lab).again(found.drift)).found == (found._replace(drift=replace(found.drift, through="")),)
    assert await repair(lab.views, found, NOW) == "vanishing", "that it is gone shows later"


async def test_a_member_that_no_event_made_is_found_through_the_count_that_it_spoils(lab: Lab) -> None:
    right = lab.toy.projection.handlers[PostLiked].fold
    assert right is not None

    def wrong(event: PostLiked, meta: Meta, out: Out) -> None:
        right(event, meta, out)
        out.put(LIKES_ON, LikeOn(event.post, meta.partition, CAT, True))

    breaks(lab, PostLiked, wrong)
    await lab.append(like(AMY))
    await fold(lab)
    found = await found_once(lab, AMY)
    assert (found.drift.kind, found.drift.table, found.drift.key) == ("extra", "toy.likes_on", str(CAT))


async def test_a_row_of_somebody_else_beside_those_of_a_key_is_looked_into(lab: Lab) -> None:
    right = lab.toy.projection.handlers[PostLiked].fold
    assert right is not None

    def wrong(event: PostLiked, meta: Meta, out: Out) -> None:
        right(event, meta, out)
        out.put(LIKES_ON, LikeOn(event.post, meta.partition, CAT, False))

    breaks(lab, PostLiked, wrong)
    await lab.append(like(AMY))
    await fold(lab)
    audits = auditor(lab)
    found = [found for _ in range(9) for found in (await audits.some(reactions_of(AMY), 5)).found]
    assert {(each.drift.kind, each.drift.key) for each in found} == {("extra", str(CAT))}


async def test_a_key_whose_events_wait_is_passed_over_and_so_is_a_count_that_they_concern(lab: Lab) -> None:
    await lab.append(like(AMY), like(BOB))
    lab.toy.broken.add(AMY)
    await fold(lab)
    report = await audit(lab, AMY)
    assert (report.found, report.passed_over) == ((), 1)


async def test_an_event_that_cannot_be_folded_any_more_is_told(lab: Lab) -> None:
    await lab.append(like(AMY))
    await fold(lab)
    broken = Toy()
    broken.broken.add(AMY)
    report = await Auditor(broken.projection, lab.log, lab.views, lab.vault).one(str(AMY))
    [found] = report.found
    assert found.drift.kind == "unfoldable"
    assert "RuntimeError('a bug')" in found.drift.why
    assert await repair(lab.views, found, NOW) == "not repaired"


async def test_a_repair_never_outranks_what_is_folded_after_it_was_decided(lab: Lab) -> None:
    breaks(lab, PostLiked, lambda event, meta, out: None)
    await lab.append(like(AMY))
    await fold(lab)
    found = (await audit(lab, AMY)).found
    assert {each.drift.kind for each in found} >= {"missing"}
    # Before it is repaired, more is folded.
    await lab.append(unlike(AMY), like(BOB))
    await fold(lab)
    for each in found:
        await repair(lab.views, each, NOW)
    assert await lab.views.get(LIKES, AMY, THE_POST) == Like(AMY, THE_POST, False)


@pytest.mark.parametrize("keys", [1, 3, 50])
async def test_keys_are_taken_at_random_and_all_of_their_events_with_them(lab: Lab, keys: int) -> None:
    await lab.append(*(like(an_id(number)) for number in range(10, 30)), *(unlike(an_id(20)) for _ in range(3)))
    await fold(lab)
    report = await auditor(lab).some(reactions_of(an_id(20)), keys)
    assert report.found == ()
    assert 1 <= report.agreed <= keys + 2

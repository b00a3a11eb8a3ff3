"""A process dies between any two steps, a zombie lingers: the next one brings it all to the very same end."""

from collections.abc import Sequence

import pytest

from libs.events import Event
from libs.log import Partition, Record
from tests.unit.libs.projections.lab import AMY, BOB, CAT, POSTS, REACTIONS, Dump, Lab, like, post, unlike
from tests.unit.libs.projections.stepping import Killed

LIKES = [like(AMY), like(BOB), unlike(AMY), like(AMY, 1), like(CAT), unlike(BOB), like(BOB), like(BOB)]
STORY = [post(0), post(1), post(2)]


async def _live(lab: Lab, records: Sequence[Record], die_at: int | None = None) -> bool:
    """One process's life: it goes on where the progress is, and may die of it."""
    process = await lab.process(Partition(records[0].topic, 0), die_at=die_at)
    left = [record for record in records if record.offset >= process.folder.reached]
    try:
        if left:
            await process.folder.fold(left)
    except Killed:
        return False
    return True


async def _undisturbed(lab: Lab, records: Sequence[Record]) -> Dump:
    """What comes of them when nobody dies; forgotten again."""
    assert await _live(lab, records)
    found = lab.dump()
    lab.forget()
    return found


@pytest.mark.parametrize(("partition", "events"), [(POSTS, STORY), (REACTIONS, LIKES)], ids=["posts", "reactions"])
async def test_a_death_between_any_two_steps_leaves_the_very_same_tables_in_the_end(
    lab: Lab, partition: Partition, events: Sequence[Event]
) -> None:
    await lab.append(*events)
    records = await lab.records(partition)
    expected = await _undisturbed(lab, records)
    die_at = 0
    while not await _live(lab, records, die_at):
        assert await _live(lab, records)
        assert lab.dump() == expected, f"after a death at step {die_at}"
        assert await lab.reached(partition) == len(events)
        lab.forget()
        die_at += 1
    assert die_at > len(events)


async def test_what_a_dead_process_had_counted_is_not_counted_again_beside_a_later_event(lab: Lab) -> None:
    await lab.append(like(AMY), like(BOB))
    records = await lab.records(REACTIONS)
    die_at = 0
    while not await _live(lab, records[:1], die_at):
        assert await _live(lab, records)
        assert await lab.likes() == 2, f"after a death at step {die_at}"
        lab.forget()
        die_at += 1
    assert die_at > 3, "it died between the tally and the row, too"


async def test_events_emitted_again_after_a_death_have_the_same_ids_and_bytes(lab: Lab) -> None:
    await lab.append(*STORY)
    story = await lab.records(POSTS)
    assert await _live(lab, story)
    wanted = _contents((await lab.records(POSTS))[len(STORY) :])
    assert len(wanted) == len(set(wanted)) == 2 * len(STORY)
    for die_at in range(2 * len(STORY) + 2):
        lab.forget()
        end = (await lab.log.bounds([POSTS]))[POSTS].end
        for death in (die_at, die_at, None):
            await _live(lab, story, death)
        again = _contents(await lab.records(POSTS, end))
        assert list(dict.fromkeys(again)) == wanted, f"after deaths at step {die_at}"


def _contents(records: Sequence[Record]) -> list[tuple[object, ...]]:
    return [(record.key, record.value, record.headers) for record in records]


async def test_what_was_marked_as_emitted_is_not_emitted_again(lab: Lab) -> None:
    await lab.append(*STORY)
    story = await lab.records(POSTS)
    for _ in range(2):
        process = await lab.process(POSTS, die_at=2 * len(STORY) + 1)  # right after the mark
        with pytest.raises(Killed):
            await process.folder.fold(story)
    assert (await lab.log.bounds([POSTS]))[POSTS].end == 3 * len(STORY)


async def test_only_what_lies_above_the_mark_is_emitted(lab: Lab) -> None:
    await lab.append(*STORY)
    story = await lab.records(POSTS)
    process = await lab.process(POSTS, die_at=3)  # the mark of the first event, not its rows
    with pytest.raises(Killed):
        await process.folder.fold(story[:1])
    successor = await lab.process(POSTS)
    await successor.folder.fold(story)
    assert successor.steps.done.count("append PostEdited") == 2 * (len(STORY) - 1)


async def test_an_event_that_queues_is_durably_queued_before_the_mark_that_would_mute_it(lab: Lab) -> None:
    await lab.append(post(0), post(0), post(1))
    first, copy, other = await lab.records(POSTS)
    lab.toy.broken.add(post(0).post)
    owner = await lab.process(POSTS)
    await owner.worker.fold([first])
    process = await lab.process(POSTS, die_at=4)
    with pytest.raises(Killed):
        await process.folder.fold([copy, other])
    assert process.steps.done[-2:] == ["write projections.parked", "write projections.progress emitted"]
    assert [row.offset for row in await lab.parked(POSTS)] == [first.offset, copy.offset]


@pytest.mark.parametrize("ahead", range(1, len(LIKES)))
async def test_a_zombie_that_folds_on_writes_in_vain(lab: Lab, ahead: int) -> None:
    await lab.append(*LIKES)
    records = await lab.records(REACTIONS)
    expected = await _undisturbed(lab, records)
    zombie, owner = await lab.process(REACTIONS), await lab.process(REACTIONS)
    await owner.folder.fold(records[:ahead])
    await zombie.folder.fold(records[: ahead + 1])
    await owner.folder.fold(records[ahead:])
    await zombie.folder.fold(records[ahead:])
    assert lab.dump() == expected


async def test_a_copy_of_a_toggle_counts_once_where_no_opposite_stands_between(lab: Lab) -> None:
    await lab.append(like(AMY), like(BOB))
    for record in await lab.records(REACTIONS):
        await lab.copy(record)
    assert await _live(lab, await lab.records(REACTIONS))
    assert await lab.likes() == 2


async def test_batches_of_any_size_come_to_the_same_tables(lab: Lab) -> None:
    await lab.append(*LIKES)
    records = await lab.records(REACTIONS)
    expected = await _undisturbed(lab, records)
    for size in range(1, len(LIKES)):
        process = await lab.process(REACTIONS)
        for begin in range(0, len(records), size):
            await process.folder.fold(records[begin : begin + size])
        assert lab.dump() == expected, f"in batches of {size}"
        lab.forget()

"""Per batch, in this order and no other: emit, `emitted`, tallies, rows, second phase, finish rows, `reached`."""

from tests.unit.libs.projections.lab import AMY, BOB, POSTS, REACTIONS, Lab, like, post


async def test_a_batch_is_flushed_in_this_order_and_no_other(lab: Lab) -> None:
    await lab.append(post(0))
    process = await lab.process(POSTS)
    await process.folder.fold(await lab.records(POSTS))
    assert process.steps.done == [
        "append PostEdited",
        "append PostEdited",
        "write projections.progress emitted",
        "write toy.posts",
        "write toy.pushed",
        "write toy.covered",
        "write projections.progress reached",
    ]


async def test_tallies_are_read_after_the_last_read_of_a_handler_and_written_before_any_row(lab: Lab) -> None:
    await lab.append(like(AMY), like(BOB))
    process = await lab.process(REACTIONS)
    await process.folder.fold(await lab.records(REACTIONS))
    assert process.steps.done == [
        "read toy.likes",
        "read toy.tallies",
        "write toy.tallies",
        *["write toy.likes", "write toy.likes_on"] * 2,
        "write projections.progress reached",
    ]


async def test_all_first_phases_are_durable_before_any_second_begins_and_finish_rows_come_last(lab: Lab) -> None:
    await lab.append(post(0), post(1), post(2))
    process = await lab.process(POSTS)
    await process.folder.fold(await lab.records(POSTS))
    writes = [step for step in process.steps.done if step.startswith("write toy")]
    assert writes == ["write toy.posts"] * 3 + ["write toy.pushed"] * 3 + ["write toy.covered"] * 3


async def test_a_row_put_twice_in_a_batch_is_written_once_as_the_later_event_left_it(lab: Lab) -> None:
    await lab.append(like(AMY), like(AMY), like(AMY))
    process = await lab.process(REACTIONS)
    assert await process.folder.fold(await lab.records(REACTIONS)) == 3
    assert process.steps.done.count("write toy.likes") == 1
    assert await lab.likes() == 1


async def test_a_batch_whose_handler_fails_writes_nothing_at_all(lab: Lab) -> None:
    await lab.append(post(0), post(1))
    lab.toy.broken.add(post(1).post)
    process = await lab.process(POSTS)
    try:
        await process.folder.fold(await lab.records(POSTS))
    except RuntimeError:
        assert process.steps.done == []
    else:
        raise AssertionError("the handler's error was swallowed")

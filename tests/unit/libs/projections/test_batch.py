"""What one event's handler may read, and what of it joins the batch."""

from uuid import UUID

import pytest

from libs.events import Event, PostCreated, PostLiked, envelope_for
from libs.events import Meta as EventMeta
from libs.projections import Handler, Need, Out, Projection, Second, folds
from libs.projections.batch import Batch, EventOut, Item, needs_of
from libs.projections.second import rehearse_seconds, run_seconds
from libs.views import stamp
from tests.unit.libs.projections.lab import AMY, BOB, NOW, Lab, an_id, like
from tests.unit.libs.projections.toy import LIKES, PUSHED, Like, Pushed

HERS, HIS = Need(LIKES, (AMY, an_id(100))), Need(LIKES, (BOB, an_id(100)))
NOTHING = Projection("toy", tables=(LIKES,), handlers={})


def _item(event: Event, offset: int, *needs: Need, handler: Handler | None = None, epoch: int = 1) -> Item:
    envelope = envelope_for(event, source="/test", actor=None, now=NOW, id=an_id(offset))
    meta = EventMeta(envelope=envelope, topic="reactions", partition=0, offset=offset, log_time=0)
    return Item(event, meta, stamp(epoch, offset), handler or folds(PostLiked)[1], needs)


def _out(batch: Batch, *needs: Need) -> EventOut:
    return EventOut(batch, _item(like(AMY), 0, *needs))


def test_a_handler_reads_what_it_named() -> None:
    row = Like(AMY, an_id(100), True)
    out = _out(Batch(NOTHING, {HERS: row}), HERS)
    assert out.get(LIKES, *HERS.key) is row


def test_a_handler_reads_what_an_earlier_event_of_the_batch_put() -> None:
    batch = Batch(NOTHING, {HERS: None})

    def fold(event: PostLiked, meta: EventMeta, out: Out) -> None:
        out.put(LIKES, Like(event.account, event.post, True))

    batch.fold(_item(like(AMY), 0, HERS, handler=folds(PostLiked, fold)[1]))
    assert _out(batch, HERS).get(LIKES, *HERS.key) == Like(AMY, an_id(100), True)


def test_a_handler_reads_what_it_has_put_itself() -> None:
    out = _out(Batch(NOTHING, {HERS: None}), HERS)
    out.put(LIKES, Like(AMY, an_id(100), False))
    assert out.get(LIKES, *HERS.key) == Like(AMY, an_id(100), False)


@pytest.mark.parametrize("known", [{}, {HIS: Like(BOB, an_id(100), True)}], ids=["alone", "beside one that named it"])
def test_a_read_that_was_not_named_is_refused_whatever_else_the_batch_has_read(known: dict[Need, Like]) -> None:
    out = _out(Batch(NOTHING, {HERS: None, **known}), HERS)
    with pytest.raises(LookupError, match=r"PostLiked reads toy\.likes .* name it in its `needs`"):
        out.get(LIKES, *HIS.key)


def test_a_tally_that_the_projection_does_not_declare_is_refused() -> None:
    with pytest.raises(LookupError, match="declares no tally 'smiles'"):
        _out(Batch(NOTHING, {})).add("smiles", an_id(100), 1)


def test_a_first_phase_writes_no_crossing_table() -> None:
    with pytest.raises(LookupError, match=r"PostLiked writes toy\.pushed in its first phase"):
        _out(Batch(NOTHING, {})).put(PUSHED, Pushed(AMY, an_id(100)))


async def test_a_second_phase_writes_nothing_but_crossing_tables(lab: Lab) -> None:
    async def puts(event: PostLiked, meta: EventMeta, second: Second) -> None:
        await second.put(LIKES, [Like(event.account, event.post, True)])

    async def finishes(event: PostLiked, meta: EventMeta, second: Second) -> None:
        await second.finish(LIKES, [Like(event.account, event.post, True)])

    for after in (puts, finishes):
        items = [_item(like(AMY), 0, handler=folds(PostLiked, after=after)[1])]
        with pytest.raises(LookupError, match=r"a second phase writes toy\.likes"):
            await run_seconds(lab.views, items)
        with pytest.raises(LookupError, match=r"a second phase writes toy\.likes"):
            await rehearse_seconds(lab.views, items)
    assert await lab.views.get(LIKES, AMY, an_id(100)) is None


def test_every_row_carries_the_place_of_its_event_in_the_log() -> None:
    batch = Batch(NOTHING, {})

    def fold(event: PostLiked, meta: EventMeta, out: Out) -> None:
        out.put(LIKES, Like(event.account, event.post, True), expires_at=9)

    batch.fold(_item(like(AMY), 7, handler=folds(PostLiked, fold)[1], epoch=3))
    [put] = batch.puts.values()
    assert (put.stamp, put.expires_at) == (stamp(3, 7), 9)


def test_nothing_of_a_handler_that_raises_joins_the_batch() -> None:
    batch = Batch(NOTHING, {})

    def fold(event: PostLiked, meta: EventMeta, out: Out) -> None:
        out.put(LIKES, Like(event.account, event.post, True))
        out.emit(PostCreated(post=an_id(1), author=AMY, text="x", lang="en"))
        out.refuse("never")
        raise RuntimeError("a bug")

    async def after(*_: object) -> None:
        """Never reached."""

    with pytest.raises(RuntimeError):
        batch.fold(_item(like(AMY), 0, handler=folds(PostLiked, fold, after=after)[1]))
    assert not any((batch.puts, batch.deltas, batch.emissions, batch.refusals, batch.seconds))


def test_deltas_of_one_event_that_cancel_each_other_change_nothing() -> None:
    tallied = Projection("toy", tables=(), handlers={}, recounts={"likes": _never})
    batch = Batch(tallied, {})

    def fold(event: PostLiked, meta: EventMeta, out: Out) -> None:
        out.add("likes", event.post, 1)
        out.add("likes", event.post, -1)

    batch.fold(_item(like(AMY), 0, handler=folds(PostLiked, fold)[1]))
    assert not batch.deltas


def test_a_row_that_many_events_need_is_read_once() -> None:
    items = [_item(like(AMY), 0, HERS), _item(like(AMY), 1, HERS), _item(like(BOB), 2, HIS)]
    assert needs_of(items) == {LIKES: [HERS.key, HIS.key]}


async def _never(reads: object, subject: UUID, source: int) -> int:
    raise AssertionError("nobody recounts here")

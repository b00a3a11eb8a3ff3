"""A retry says the very same as the first try decided, whatever happened since, wherever the first try broke off."""

from collections.abc import Sequence

import pytest

from libs.events import AccountBlocked, AccountRegistered, LanguagesChanged, PostDeleted, moment_of, seal
from libs.http.tries import Tries
from libs.log import Entry, LogUnavailable, Partition, Place, Record
from libs.vault import VaultUnavailable
from services.posts import problems
from services.posts.commands import Said
from tests.unit.services.folding import an_id
from tests.unit.services.posts import test_commands
from tests.unit.services.posts.test_commands import AMY, BOB, POST, REPLY, Room, written

room = test_commands.room

TEXT = "hi @carol #food"
CAROL = an_id(3)


class Kept:
    """The record of one Idempotency-Key, which outlives every process that uses it."""

    def __init__(self) -> None:
        self.bytes: bytes | None = None

    def another_try(self, *, fails: str = "") -> Tries:
        """What one process knows of it; keeping may fail `before` or `after` it is done."""
        return Try(self, fails)


class Try:
    """One process's way to the record."""

    def __init__(self, kept: Kept, fails: str) -> None:
        self.decision, self._kept, self._fails = kept.bytes, kept, fails

    async def latest(self) -> bytes | None:
        return self._kept.bytes

    async def decide(self, decision: bytes) -> bytes:
        if self._fails == "before":
            raise VaultUnavailable("cut")
        self._kept.bytes = self._kept.bytes or decision
        if self._fails == "after":
            raise VaultUnavailable("cut after it was done")
        return self._kept.bytes


class FailingLog:
    """Lets the next append fail, `before` or `after` it is done."""

    def __init__(self, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fails = ""
        self._append = room.log.append
        monkeypatch.setattr(room.log, "append", self.append)

    async def append(self, entries: Sequence[Entry]) -> list[Place]:
        fails, self.fails = self.fails, ""
        if fails == "before":
            raise LogUnavailable("cut")
        places = await self._append(entries)
        if fails == "after":
            raise LogUnavailable("cut after it was done")
        return places


async def answer(room: Room, tries: Tries) -> object:
    """One try of the same request: AMY answers BOB's post."""
    return await room.commands.create(REPLY, AMY, TEXT, None, POST, tries)


async def the_world_moves_on(room: Room) -> None:
    """All that a decision rests on changes: block, parent, the author's language, whom the text names."""
    await room.keys.create(CAROL)
    key = await room.keys.key_for(CAROL)
    assert key is not None
    name = seal("Carol", key, CAROL, "display_name")
    await room.happened(
        AccountRegistered(account=CAROL, handle="carol", display_name=name, reads=("en",), writes="en"),
        LanguagesChanged(account=AMY, reads=("zh",), writes="zh"),
        AccountBlocked(account=BOB, target=AMY),
        PostDeleted(post=POST, author=BOB),
    )


async def records(room: Room) -> Sequence[Record]:
    """What the log holds, as it stands there."""
    partition = Partition("posts", 0)
    end = (await room.log.bounds([partition]))[partition].end
    return (await (await room.log.reader({partition: 0})).poll(end, 5.0)).get(partition, ()) if end else ()


async def test_what_the_first_try_created_is_never_refused_to_a_retry(room: Room) -> None:
    await room.happened(written())
    record = Kept()
    first = await answer(room, record.another_try())
    await the_world_moves_on(room)
    again = await answer(room, record.another_try())
    assert isinstance(first, Said)
    assert isinstance(again, Said)
    assert again.card == first.card


async def test_a_retry_appends_the_same_bytes_whatever_the_tables_say_by_now(room: Room) -> None:
    await room.happened(written())
    record = Kept()
    await answer(room, record.another_try())
    await the_world_moves_on(room)
    await answer(room, record.another_try())
    first, copy = await records(room)
    assert (copy.key, copy.value, copy.headers) == (first.key, first.value, first.headers)


async def test_without_a_key_the_same_request_is_decided_anew(room: Room) -> None:
    await room.happened(written())
    await room.commands.create(REPLY, AMY, TEXT, None, POST)
    await the_world_moves_on(room)
    refused = await room.commands.create(REPLY, AMY, TEXT, None, POST)
    assert test_commands._kind(refused) == problems.PARENT_UNKNOWN


@pytest.mark.parametrize("fails", ["before", "after"])
@pytest.mark.parametrize("at", ["keeping", "appending"])
@pytest.mark.parametrize("folded", [False, True], ids=["not folded", "folded"])
async def test_wherever_the_first_try_breaks_off_the_log_never_holds_two_versions(
    room: Room, monkeypatch: pytest.MonkeyPatch, at: str, fails: str, folded: bool
) -> None:
    await room.happened(written())
    record, log = Kept(), FailingLog(room, monkeypatch)
    log.fails = fails if at == "appending" else ""
    with pytest.raises((VaultUnavailable, LogUnavailable)):
        await answer(room, record.another_try(fails=fails if at == "keeping" else ""))
    if folded:
        await room.happened(*await room.said())
    if record.bytes:
        await the_world_moves_on(room)
    assert isinstance(await answer(room, record.another_try()), Said)
    values = {(found.value, found.headers) for found in await records(room)}
    assert len(values) == 1


@pytest.mark.parametrize("moves_on", [False, True], ids=["decides the same", "would refuse"])
async def test_of_two_tries_at_the_same_time_both_say_what_the_first_kept(room: Room, moves_on: bool) -> None:
    await room.happened(written())
    record = Kept()
    one, slow = record.another_try(), record.another_try()
    first = await answer(room, one)
    if moves_on:
        await the_world_moves_on(room)
    second = await answer(room, slow)
    assert isinstance(first, Said)
    assert isinstance(second, Said)
    assert second.card == first.card


async def test_a_refusal_is_not_kept(room: Room) -> None:
    record = Kept()
    assert test_commands._kind(await answer(room, record.another_try())) == problems.PARENT_UNKNOWN
    await room.happened(written())
    assert isinstance(await answer(room, record.another_try()), Said)


async def test_what_is_kept_says_nothing_that_was_written(room: Room) -> None:
    record = Kept()
    await room.commands.create(POST, AMY, "a secret, told to @bob", None, None, record.another_try())
    assert record.bytes is not None
    assert b"secret" not in record.bytes


async def test_a_post_is_of_the_moment_of_its_id(room: Room) -> None:
    said = await room.commands.create(POST, AMY, "hi", None, None)
    assert isinstance(said, Said)
    assert said.card.created_at == moment_of(POST)

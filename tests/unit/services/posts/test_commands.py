"""What posts remembers of events, and what its commands append or refuse because of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from libs.events import (
    AccountBlocked,
    AccountRegistered,
    Decoded,
    Event,
    Opener,
    PostCreated,
    PostDeleted,
    PostEdited,
    PostLiked,
    PostSaved,
    PostUnliked,
    PostUnsaved,
    ReplyTo,
    decode,
    seal,
)
from libs.http.problems import Problem, ProblemKind
from libs.log import Log, Partition, Place, Publisher, TopicSpec
from libs.log.embedded import open_log
from libs.people import AudienceNotKept
from libs.projections import SYSTEM_TABLES, Frontier, ViewProgress
from libs.projections.parking import ParkingLot
from libs.projections.progress import Marks
from libs.projections.tables import ParkedState
from libs.vault import Vault
from libs.vault.keys import KeyRing
from libs.vault.sqlite import open_vault
from libs.views import Views
from libs.views.sqlite import open_views
from services.posts import problems
from services.posts.commands import PostCommands, Said, Toggle
from services.posts.handlers import projection
from services.posts.queries import PostQueries
from services.posts.tables import TABLES
from tests.unit.services.folding import NOW_MS, Folded, an_id

AMY, BOB = an_id(1), an_id(2)
POST, REPLY = an_id(100), an_id(101)
LONG_AGO = an_id(5, NOW_MS - 48 * 3_600_000)


class Room:
    """The commands over real stores; their projection folds what is in the log when it is told to."""

    def __init__(self, log: Log, views: Views, vault: Vault) -> None:
        self.log, self.views, self.keys = log, views, KeyRing(vault, bytes(32))
        self.folded = Folded(projection())
        self.frontier = Frontier("posts", log, views, ViewProgress(views, vault))
        self.publisher = Publisher(log, self.keys, "/posts")
        self.commands = PostCommands(views, self.queries(), self.frontier, self.publisher, Opener(self.keys))
        self._reached = {"posts": 0, "reactions": 0}

    def queries(self, now_ms: int = NOW_MS, **bounds: Any) -> PostQueries:
        return PostQueries(self.views, self.frontier, lambda: now_ms, **bounds)

    async def happened(self, *events: Event) -> None:
        """These events are folded, whether or not they are in the log."""
        await self.views.write(list(self.folded.fold(*events).rows.values()))

    async def catches_up(self) -> None:
        """Fold what the log holds."""
        for topic, reached in self._reached.items():
            said = await self.said(topic)
            await self.happened(*said[reached:])
            self._reached[topic] = len(said)
            await self.views.write([Marks("posts").put(Partition(topic, 0), "reached", len(said), 1)])

    async def parks(self, event: PostLiked) -> None:
        """An event at the end of the log was set aside."""
        end = len(await self.said("reactions"))
        lot = ParkingLot("posts", Partition("reactions", 0), 1)
        await self.views.write([lot.put(str(event.account), end - 1, ParkedState(state="parked"))])

    async def said(self, topic: str = "posts") -> list[Event]:
        place = Partition(topic, 0)
        end = await self.end(topic)
        reader = await self.log.reader({place: 0})
        records = (await reader.poll(end, 5.0)).get(place, ()) if end else ()
        decoded = [decode(record.headers, record.value) for record in records]
        return [found.event for found in decoded if isinstance(found, Decoded)]

    async def end(self, topic: str) -> int:
        place = Partition(topic, 0)
        return (await self.log.bounds([place]))[place].end

    async def opened(self, token: str) -> str | None:
        return (await Opener(self.keys).open_many([token]))[0]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    log, vault = await open_log(tmp_path / "log.db"), await open_vault(tmp_path / "vault.db")
    views = await open_views(tmp_path / "views.db")
    await vault.migrate()
    await views.migrate([*TABLES, *SYSTEM_TABLES])
    await log.create([TopicSpec("posts", 1), TopicSpec("reactions", 1)])
    room = Room(log, views, vault)
    for account, handle in ((AMY, "amy"), (BOB, "bob")):
        key = await room.keys.create(account)
        assert key.account == account
        await room.happened(await _registered(room, account, handle))
    yield room
    for store in (log, views, vault):
        await store.close()


async def _registered(room: Room, account: UUID, handle: str) -> AccountRegistered:
    """As the projection sees it: sealed."""
    key = await room.keys.key_for(account)
    assert key is not None
    name = seal(handle.title(), key, account, "display_name")
    return AccountRegistered(account=account, handle=handle, display_name=name, reads=("en",), writes="en")


def written(post: UUID = POST, author: UUID = BOB, reply_to: ReplyTo | None = None) -> PostCreated:
    return PostCreated(post=post, author=author, text="sealed", lang="en", reply_to=reply_to)


async def test_a_post_is_appended_sealed_and_shown_to_its_author_as_written(room: Room) -> None:
    said = await room.commands.create(POST, AMY, "hi @bob #food", None, None)
    assert isinstance(said, Said)
    assert (said.card.text, said.card.author.display_name, said.card.lang) == ("hi @bob #food", "Amy", "en")
    [event] = await room.said()
    assert isinstance(event, PostCreated)
    assert await room.opened(event.text) == "hi @bob #food"
    assert (event.topics, event.mentions) == (("food",), (BOB,))


async def test_a_retry_with_the_same_post_appends_a_copy(room: Room) -> None:
    for _ in range(2):
        await room.commands.create(POST, AMY, "hi", None, None)
    first, copy = await room.said()
    assert first == copy


async def test_an_account_that_posts_has_not_heard_of_must_wait(room: Room) -> None:
    for refused in (
        await room.commands.create(POST, an_id(9), "hi", None, None),
        await room.commands.edit(POST, an_id(9), "hi", None),
    ):
        assert _kind(refused) == problems.ACCOUNT_NOT_READY
    assert await room.said() == []


async def test_who_was_erased_but_still_holds_a_token_is_refused_and_nothing_is_appended(room: Room) -> None:
    await room.happened(written(author=AMY))
    await room.keys.destroy(AMY)
    for refused in (
        await room.commands.create(REPLY, AMY, "hi", None, None),
        await room.commands.edit(POST, AMY, "hi", None),
    ):
        assert _kind(refused) == problems.ACCOUNT_ERASED
    assert await room.said() == []


async def test_a_post_for_followers_alone_is_parked_so_that_nobody_answers_what_only_followers_may_read(
    room: Room,
) -> None:
    event = PostCreated(post=POST, author=BOB, text="sealed", lang="en", audience="followers")
    with pytest.raises(AudienceNotKept):
        await room.happened(event)
    assert _kind(await room.commands.create(REPLY, AMY, "hi", None, POST)) == problems.PARENT_UNKNOWN


async def test_a_reply_carries_its_place_in_the_thread(room: Room) -> None:
    await room.happened(written())
    await room.commands.create(REPLY, AMY, "hi", None, POST)
    [event] = await room.said()
    assert isinstance(event, PostCreated)
    assert event.reply_to == ReplyTo(post=POST, author=BOB, root=POST)


async def test_nobody_answers_what_is_gone_or_whoever_blocks_them(room: Room) -> None:
    assert _kind(await room.commands.create(REPLY, AMY, "hi", None, LONG_AGO)) == problems.PARENT_UNKNOWN
    await room.happened(written(), AccountBlocked(account=BOB, target=AMY))
    assert _kind(await room.commands.create(REPLY, AMY, "hi", None, POST)) == problems.BLOCKED
    await room.happened(PostDeleted(post=POST, author=BOB))
    assert _kind(await room.commands.create(REPLY, AMY, "hi", None, POST)) == problems.PARENT_UNKNOWN


async def test_an_edit_takes_the_next_number_after_those_that_the_fold_accepted(room: Room) -> None:
    by_another = PostEdited(post=POST, author=AMY, revision=7, text="x", lang="en")
    first = PostEdited(post=POST, author=BOB, revision=1, text="x", lang="en")
    await room.happened(written(), by_another, first)
    assert room.folded.refusals == ["change by someone else"]
    await room.commands.edit(POST, BOB, "new", "zh")
    [event] = await room.said()
    assert isinstance(event, PostEdited)
    assert (event.revision, event.lang) == (2, "zh")


async def test_a_deleted_post_can_neither_be_changed_nor_liked(room: Room) -> None:
    await room.happened(written(), PostDeleted(post=POST, author=BOB))
    assert _kind(await room.commands.edit(POST, BOB, "new", None)) == problems.POST_UNKNOWN
    assert _kind(await room.commands.delete(POST, BOB)) == problems.POST_UNKNOWN
    assert _kind(await room.commands.toggle(PostLiked, POST, AMY)) == problems.POST_UNKNOWN


TOGGLES = [PostLiked, PostUnliked, PostSaved, PostUnsaved]
PAIRS = [(PostLiked, PostUnliked), (PostSaved, PostUnsaved)]


@pytest.mark.parametrize("what", TOGGLES)
async def test_a_reaction_is_in_the_log(room: Room, what: Toggle) -> None:
    await room.happened(written())
    await room.commands.toggle(what, POST, AMY)
    assert await room.said("reactions") == [what(account=AMY, post=POST)]


@pytest.mark.parametrize("what", TOGGLES)
async def test_nobody_reacts_to_a_post_that_never_was_nor_takes_that_back(room: Room, what: Toggle) -> None:
    for never in (an_id(900), LONG_AGO, uuid4()):
        assert _kind(await room.commands.toggle(what, never, AMY)) == problems.POST_UNKNOWN
    assert await room.said("reactions") == []


@pytest.mark.parametrize("what", TOGGLES)
async def test_a_reaction_that_stands_is_not_appended_again_and_shows_at_the_place_that_is_answered(
    room: Room, what: Toggle
) -> None:
    await room.happened(written())
    first = await room.commands.toggle(what, POST, AMY)
    await room.catches_up()
    assert await room.commands.toggle(what, POST, AMY) == first
    await room.commands.toggle(PostSaved, POST, BOB)
    await room.catches_up()
    later = await room.commands.toggle(what, POST, AMY)
    assert isinstance(later, Place)
    assert (later.offset, len(await room.said("reactions"))) == (1, 2)


@pytest.mark.parametrize(("on", "off"), PAIRS)
async def test_the_last_intent_wins_however_far_behind_the_fold_is(room: Room, on: Toggle, off: Toggle) -> None:
    await room.happened(written())
    await room.commands.toggle(on, POST, AMY)
    await room.catches_up()
    for what in (off, on, off, on):  # "on" stands in the tables all the while
        await room.commands.toggle(what, POST, AMY)
    said = [on, off, on, off, on]
    assert await room.said("reactions") == [what(account=AMY, post=POST) for what in said]


async def test_while_an_event_of_the_account_is_parked_every_intent_is_appended(room: Room) -> None:
    await room.happened(written())
    await room.commands.toggle(PostUnliked, POST, AMY)
    await room.catches_up()
    liked = PostLiked(account=AMY, post=POST)
    await room.publisher.publish(liked, actor=AMY)
    await room.parks(liked)
    await room.views.write([Marks("posts").put(Partition("reactions", 0), "reached", 2, 1)])
    await room.commands.toggle(PostUnliked, POST, AMY)
    assert len(await room.said("reactions")) == 3


async def test_what_comes_between_the_two_looks_is_not_lost(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    await room.happened(written())
    await room.commands.toggle(PostLiked, POST, AMY)
    await room.catches_up()
    last = room.frontier.last

    async def after_an_unlike(topic: str, key: UUID) -> Place | None:
        monkeypatch.undo()
        await room.publisher.publish(PostUnliked(account=AMY, post=POST), actor=AMY)
        await room.catches_up()
        return await last(topic, key)

    monkeypatch.setattr(room.frontier, "last", after_an_unlike)
    await room.commands.toggle(PostLiked, POST, AMY)
    assert [type(event) for event in await room.said("reactions")] == [PostLiked, PostUnliked, PostLiked]


async def test_whoever_is_blocked_cannot_like_but_can_take_a_like_back(room: Room) -> None:
    await room.happened(written(), AccountBlocked(account=BOB, target=AMY))
    assert _kind(await room.commands.toggle(PostLiked, POST, AMY)) == problems.BLOCKED
    assert not isinstance(await room.commands.toggle(PostUnliked, POST, AMY), Problem)


@pytest.mark.parametrize("what", [PostUnliked, PostUnsaved])
async def test_a_reaction_to_a_deleted_post_can_be_taken_back(room: Room, what: Toggle) -> None:
    await room.happened(written(), PostDeleted(post=POST, author=BOB))
    assert not isinstance(await room.commands.toggle(what, POST, AMY), Problem)


async def test_a_post_that_is_in_the_log_but_not_folded_yet_is_waited_for(room: Room) -> None:
    await room.commands.create(POST, BOB, "hi", None, None)
    waiting = asyncio.create_task(room.queries(patience=60).find(POST))
    await asyncio.sleep(0)
    assert not waiting.done()
    await room.catches_up()
    found = await waiting
    assert found is not None
    assert found.author == BOB


async def test_a_fresh_id_that_somebody_made_up_is_refused_without_waiting_when_all_is_folded(room: Room) -> None:
    await room.commands.create(POST, BOB, "hi", None, None)
    await room.catches_up()
    assert await room.queries(most_waiting=0).find(an_id(900)) is None


async def test_acting_on_a_post_that_is_not_folded_in_time_asks_to_come_again(room: Room) -> None:
    await room.commands.create(POST, BOB, "hi", None, None)
    with pytest.raises(Problem) as refused:
        await room.queries(patience=0.05).find(POST)
    assert refused.value.kind == problems.CATCHING_UP
    assert refused.value.headers == {"Retry-After": "1"}
    assert refused.value.kind.status == 503


async def test_a_post_of_long_ago_that_is_unknown_is_not_waited_for(room: Room) -> None:
    await room.commands.create(POST, BOB, "hi", None, None)  # everything stands in one partition, which is behind
    assert await room.queries(most_waiting=0).find(LONG_AGO) is None


async def test_whoever_waits_looks_less_and_less_often(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    await room.commands.create(POST, BOB, "hi", None, None)
    looks, passed = 0, room.frontier.passed

    async def count(place: Place) -> bool:
        nonlocal looks
        looks += 1
        return await passed(place)

    monkeypatch.setattr(room.frontier, "passed", count)
    with pytest.raises(Problem):
        await room.queries(patience=0.5).find(POST)
    assert 2 < looks <= 12, "5 ms apart it would be 100"


async def test_beyond_so_many_that_wait_the_next_is_told_at_once_to_come_again(room: Room) -> None:
    await room.commands.create(POST, BOB, "hi", None, None)
    queries = room.queries(patience=60, most_waiting=2)
    asked = {asyncio.create_task(queries.find(POST)) for _ in range(3)}
    done, waiting = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    [refused] = done
    error = refused.exception()
    assert isinstance(error, Problem)
    assert error.kind == problems.CATCHING_UP
    await room.catches_up()
    assert all(await asyncio.gather(*waiting))


def _kind(result: object) -> ProblemKind:
    assert isinstance(result, Problem), f"not refused: {result!r}"
    return result.kind

"""What posts remembers of events, and what its commands append or refuse because of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

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
from libs.log import Log, Partition, Publisher, TopicSpec
from libs.log.embedded import open_log
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
LONG_AGO = an_id(5, NOW_MS - 3_600_000)


class Room:
    """The commands over real stores whose projection is always up to date."""

    def __init__(self, log: Log, views: Views, keys: KeyRing) -> None:
        self.log, self.views, self.keys = log, views, keys
        self.folded = Folded(projection())
        queries = PostQueries(views, lambda: NOW_MS + 3_600_000)
        self.commands = PostCommands(views, queries, Publisher(log, keys, "/posts"), Opener(keys))

    async def happened(self, *events: Event) -> None:
        await self.views.write(list(self.folded.fold(*events).rows.values()))

    async def said(self, topic: str = "posts") -> list[Event]:
        place = Partition(topic, 0)
        end = (await self.log.bounds([place]))[place].end
        reader = await self.log.reader({place: 0})
        records = (await reader.poll(end, 5.0)).get(place, ()) if end else ()
        decoded = [decode(record.headers, record.value) for record in records]
        return [found.event for found in decoded if isinstance(found, Decoded)]

    async def opened(self, token: str) -> str | None:
        return (await Opener(self.keys).open_many([token]))[0]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    log, vault = await open_log(tmp_path / "log.db"), await open_vault(tmp_path / "vault.db")
    views = await open_views(tmp_path / "views.db")
    await vault.migrate()
    await views.migrate(TABLES)
    await log.create([TopicSpec("posts", 1), TopicSpec("reactions", 1)])
    room = Room(log, views, KeyRing(vault, bytes(32)))
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


@pytest.mark.parametrize("what", [PostLiked, PostUnliked, PostSaved, PostUnsaved])
async def test_a_reaction_is_in_the_log(room: Room, what: Toggle) -> None:
    await room.happened(written())
    await room.commands.toggle(what, POST, AMY)
    assert await room.said("reactions") == [what(account=AMY, post=POST)]


async def test_whoever_is_blocked_cannot_like_but_can_take_a_like_back(room: Room) -> None:
    await room.happened(written(), AccountBlocked(account=BOB, target=AMY))
    assert _kind(await room.commands.toggle(PostLiked, POST, AMY)) == problems.BLOCKED
    assert not isinstance(await room.commands.toggle(PostUnliked, POST, AMY), Problem)


async def test_a_post_too_young_to_be_known_is_waited_for(room: Room) -> None:
    queries = PostQueries(room.views, lambda: NOW_MS)
    waiting = asyncio.create_task(queries.find(POST))
    await asyncio.sleep(0)
    await room.happened(written())
    found = await waiting
    assert found is not None
    assert found.author == BOB


def _kind(result: object) -> ProblemKind:
    assert isinstance(result, Problem), f"not refused: {result!r}"
    return result.kind

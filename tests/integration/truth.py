"""What must be so: the log, applied to the plain model, beside what people were told and what they see."""

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from random import Random
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec

from libs.events import (
    AccountBlocked,
    AccountFollowed,
    AccountMuted,
    AccountRegistered,
    AccountUnblocked,
    AccountUnfollowed,
    AccountUnmuted,
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
    decode,
)
from libs.http import Page
from libs.http.shapes import Card
from libs.log import Bounds, Log, Partition, Record
from libs.projections import ViewProgress
from qiao.services import projections
from qiao.settings import Settings
from qiao.stores import Stores
from tests.integration.ledger import Deed, Ledger, Story
from tests.integration.load import Life, Person
from tests.property.model import Model

READ_TIMEOUT = 20.0

TOGGLES: Mapping[type[Event], tuple[str, str]] = {
    AccountFollowed: ("follow", "P"),
    AccountUnfollowed: ("follow", "D"),
    AccountMuted: ("mute", "P"),
    AccountUnmuted: ("mute", "D"),
    AccountBlocked: ("block", "P"),
    AccountUnblocked: ("block", "D"),
    PostLiked: ("like", "P"),
    PostUnliked: ("like", "D"),
    PostSaved: ("save", "P"),
    PostUnsaved: ("save", "D"),
}
"""Signs as the load gives them: by the method, PUT or DELETE."""


T = TypeVar("T")


class Ask(Protocol):
    """A person's GET, its answer decoded."""

    async def __call__(self, viewer: Person, target: str, kind: type[T]) -> T:
        """Raises AssertionError for anything but 200."""


class Profile(msgspec.Struct):
    """Of the answer to GET /v1/accounts/{handle}."""

    counts: dict[str, int]


class Truth:
    """Everything that the log holds."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.model = Model()
        self.stories: dict[Story, list[str]] = defaultdict(list)
        self.ids: dict[Story, set[UUID]] = defaultdict(set)
        self.ends: dict[Partition, int] = {}
        self.copies = 0
        """Events that stand in the log again: a retry whose first try had been written after all."""
        self._seen: set[UUID] = set()

    def note(self, decoded: Decoded, event: Event) -> None:
        """The next event of its partition; `event` is the opened one."""
        self.copies += decoded.envelope.id in self._seen
        self._seen.add(decoded.envelope.id)
        self.model.apply(event)
        story, sign, made = _told(event)
        self.stories[story].append(sign)
        if made is not None:
            self.ids[story].add(made)

    def hold_against(self, life: Ledger) -> None:
        """Nothing acknowledged is lost, nothing is there twice, nothing is there that nobody asked for."""
        for story in {*life.stories, *self.stories}:
            expected, found = life.stories.get(story, []), "".join(self.stories.get(story, ()))
            assert re.fullmatch(pattern(expected, story), found), f"{story}: {expected} stand in the log as {found!r}"
        for story, ids in self.ids.items():
            assert len(ids) == 1, f"{story} was made twice: {ids}"
            assert life.ids.get(story) in (None, *ids), f"{story} was acknowledged as {life.ids[story]}, not {ids}"
        for story, id_ in life.ids.items():
            assert self.ids[story] == {id_}, f"{story} was acknowledged as {id_}, but is not in the log"


def pattern(deeds: Sequence[Deed], story: Story) -> str:
    """What the log may hold of a story, as signs. A toggle that says what stands already need not be there again."""
    stands = story[0] in {what for what, _ in TOGGLES.values()}
    return "".join(
        f"(?:{deed.sign}{{{deed.least},{deed.most}}}{f'|(?<={deed.sign})' if stands else ''})" for deed in deeds
    )


def _told(event: Event) -> tuple[Story, str, UUID | None]:
    """The story that an event belongs to, its sign, and the id that it brought into the world."""
    match event:
        case AccountRegistered():
            return ("account", event.handle), "R", event.account
        case PostCreated():
            return ("text", event.text), "P", event.post
        case PostEdited():
            return ("text", event.text), "E", None
        case PostDeleted():
            return ("delete", str(event.post)), "D", None
        case PostLiked() | PostUnliked() | PostSaved() | PostUnsaved():
            what, sign = TOGGLES[type(event)]
            return (what, str(event.account), str(event.post)), sign, None
        case (
            AccountFollowed()
            | AccountUnfollowed()
            | AccountMuted()
            | AccountUnmuted()
            | AccountBlocked()
            | AccountUnblocked()
        ):
            what, sign = TOGGLES[type(event)]
            return (what, str(event.account), str(event.target)), sign, None
        case _:
            raise AssertionError(f"nobody did anything that makes {event!r}")


async def read_truth(stores: Stores) -> Truth:
    """The whole log as it is now."""
    truth, opener = Truth(), Opener(stores.keys)
    partitions = await _partitions(stores.log)
    bounds = await stores.log.bounds(partitions)
    for partition in partitions:
        truth.ends[partition] = bounds[partition].end
        async for record in _records(stores.log, partition, bounds[partition]):
            decoded = decode(record.headers, record.value)
            assert isinstance(decoded, Decoded)
            truth.note(decoded, await _opened(decoded.event, opener))
    return truth


async def _partitions(log: Log) -> list[Partition]:
    return sorted(Partition(name, n) for name, info in (await log.topics()).items() for n in range(info.partitions))


async def _records(log: Log, partition: Partition, bounds: Bounds) -> AsyncIterator[Record]:
    if bounds.start >= bounds.end:
        return
    reader = await log.reader({partition: bounds.start})
    try:
        offset = bounds.start
        while offset < bounds.end:
            polled = await reader.poll(1_000, READ_TIMEOUT)
            assert polled, f"{partition} has nothing at {offset}, though it ends at {bounds.end}"
            for record in polled[partition]:
                yield record
                offset = record.offset + 1
    finally:
        await reader.close()


async def _opened(event: Event, opener: Opener) -> Event:
    if not isinstance(event, PostCreated | PostEdited):
        return event
    [text] = await opener.open_many([event.text])
    return msgspec.structs.replace(event, text=text)


async def behind(stores: Stores, settings: Settings, ends: Mapping[Partition, int]) -> list[str]:
    """Which projections have not reached these ends yet."""
    progress = ViewProgress(stores.views, stores.vault)
    return [
        f"{projection.name} {partition.topic}[{partition.number}]: {reached} of {end}"
        for projection in projections(settings)
        for partition, end in ends.items()
        if partition.topic in projection.topics
        and (reached := await progress.reached(projection.name, *partition)) < end
    ]


class PageReader:
    """Reads everything that people can see, page by page, and holds it against the model."""

    def __init__(self, life: Life, truth: Truth, ask: Ask, random: Random) -> None:
        """`ask` is a person's GET."""
        self._life, self._model, self._ask, self._random = life, truth.model, ask, random

    async def see(self, viewer: Person) -> None:
        """Home, saved posts, own profile, and one other profile. Raises AssertionError at the first difference."""
        model = self._model
        assert _ids(await self._pages(viewer, "/v1/home")) == model.home(viewer.id), f"home of {viewer.handle}"
        assert _ids(await self._pages(viewer, "/v1/saved")) == model.saved(viewer.id), f"saved by {viewer.handle}"
        for author in (viewer, self._random.choice(self._life.people)):
            seen = _ids(await self._pages(viewer, f"/v1/accounts/{author.handle}/posts"))
            assert seen == model.profile(author.id, viewer.id), f"{author.handle} as {viewer.handle} sees them"
        counts = (await self._ask(viewer, f"/v1/accounts/{viewer.handle}", Profile)).counts
        assert (counts["followers"], counts["following"]) == model.follow_counts(viewer.id), viewer.handle

    async def follow_thread(self, root: UUID, viewer: Person) -> None:
        """A thread as somebody sees it. Raises AssertionError at the first difference.

        A deleted post is no way in: it is asked for by the first one that stands.
        """
        standing = self._standing(root)
        if not standing:
            return
        seen = _ids(await self._pages(viewer, f"/v1/posts/{min(standing)}/thread"))
        assert seen == self._model.thread(root, viewer.id), f"thread of {root} as {viewer.handle} sees it"

    def _standing(self, root: UUID) -> list[UUID]:
        posts = [post.event for post in self._model.posts.values() if not post.deleted]
        return [post.post for post in posts if (post.reply_to.root if post.reply_to else post.post) == root]

    async def _pages(self, viewer: Person, target: str) -> list[Card]:
        """Every page; a short one must be the last."""
        cards: list[Card] = []
        cursor: str | None = ""
        while cursor is not None:
            limit = self._random.randint(3, 100)
            query = f"?limit={limit}" + (f"&cursor={cursor}" if cursor else "")
            page = await self._ask(viewer, target + query, Page[Card])
            assert page.next_cursor is None or len(page.items) == limit, f"{target}: a page cut short before the end"
            cards += page.items
            cursor = page.next_cursor
        for card in cards:
            self._same(card, viewer.id)
        return cards

    def _same(self, card: Card, viewer: UUID) -> None:
        newest, counts = self._model.posts[card.id].newest, card.counts
        assert (card.text, card.topics) == (newest.text, newest.topics)
        assert (counts.likes, counts.saves, counts.replies) == self._model.counts(card.id), f"counts of {card.id}"
        assert card.viewer.liked == ((viewer, card.id) in self._model.likes)
        assert card.viewer.saved == ((viewer, card.id) in self._model.saves)


def _ids(cards: Sequence[Card]) -> list[UUID]:
    return [card.id for card in cards]

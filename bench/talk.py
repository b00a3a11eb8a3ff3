"""A community that talks: Reed98 registers, follows each other, writes, answers and likes, as entries for a log."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from bench.graph import reed98
from bench.posts import append_all, keys_for
from libs.events import (
    AccountFollowed,
    AccountRegistered,
    Event,
    PostCreated,
    PostLiked,
    ReplyTo,
    SealingKey,
    envelope_for,
    new_id,
    spec_of,
    to_record_parts,
)
from libs.log import Bounds, Entry, Log, Partition, TopicSpec
from qiao.load.texts import text
from qiao.sources import bounds_of

TOPICS = ("accounts", "operations", "posts", "reactions", "relationships")
REPLIES = 0.1


class Talk:
    """A community that talks: registrations, follows, posts and answers to them, likes."""

    def __init__(self, people: int | None = None) -> None:
        """The same in every run, under new ids: all, or so many of those with the most friends."""
        self._graph, self._choose = reed98(people), random.Random(98)
        self.people = [new_id() for _ in self._graph.people]
        self.keys = keys_for(self.people)
        self.posts: list[PostCreated] = []

    def entries(self, posts: int, likes: int = 0) -> Iterator[Entry]:
        """Registrations and follows first, then so many posts, a tenth of them answers, with so many likes each."""
        for number, account in enumerate(self.people):
            yield self._entry(
                AccountRegistered(
                    account=account, handle=f"reed{number}", display_name="Reed", reads=("en",), writes="en"
                ),
                account,
            )
        for one, other in self._graph.follows:
            yield self._entry(AccountFollowed(account=self.people[one], target=self.people[other]), self.people[one])
        for number in range(posts):
            yield self._post(number)
            for _ in range(likes):
                who = self._choose.choice(self.people)
                yield self._entry(PostLiked(account=who, post=self._choose.choice(self.posts).post), who)

    def _post(self, number: int) -> Entry:
        author, answered = self._choose.choice(self.people), None
        if self.posts and self._choose.random() < REPLIES:
            parent = self._choose.choice(self.posts)
            root = parent.reply_to.root if parent.reply_to else parent.post
            answered = ReplyTo(post=parent.post, author=parent.author, root=root)
        self.posts.append(PostCreated(post=new_id(), author=author, text=text(number), lang="en", reply_to=answered))
        return self._entry(self.posts[-1], author)

    def _entry(self, event: Event, actor: UUID) -> Entry:
        spec = spec_of(event)
        envelope = envelope_for(event, source="/bench", actor=actor, now=datetime.now(UTC))
        key: SealingKey | None = self.keys[actor] if spec.personal else None
        parts = to_record_parts(event, envelope, key)
        return Entry(spec.topic, parts.key, parts.value, parts.headers)


async def append_talk(log: Log, entries: Sequence[Entry]) -> Mapping[Partition, Bounds]:
    """Append it behind what others left in the log; where it stands. Raises what the log raises."""
    await log.create([TopicSpec(topic) for topic in TOPICS])
    before = await bounds_of(log)
    await append_all(log, entries)
    after = await bounds_of(log)
    return {place: Bounds(before[place].end, after[place].end) for place in before}

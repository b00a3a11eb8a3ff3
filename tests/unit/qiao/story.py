"""A small log for the tools: two people, a few posts, a like, and what nobody can read."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from libs.events import (
    AccountRegistered,
    Event,
    PostCreated,
    PostEdited,
    PostLiked,
    SealingKey,
    derived_id,
    envelope_for,
    lowest_at,
    spec_of,
    to_record_parts,
)
from libs.log import Partition, Record, TopicSpec
from libs.log.embedded import open_log
from libs.log.partitioner import partition_for

PARTITIONS = 3
TOPICS = ("accounts", "posts", "reactions", "relationships")
BEGIN = datetime(2025, 1, 14, 9, 30, tzinfo=UTC)
BEGIN_MS = round(BEGIN.timestamp() * 1000)


def id_at(second: float, number: int = 0) -> UUID:
    """An id of so many seconds after the beginning."""
    return derived_id(lowest_at(BEGIN_MS + round(second * 1000)), str(number))


MEI, LIN = id_at(0, 1), id_at(1, 2)
KEYS = {account: SealingKey(account, bytes([number] * 64)) for number, account in enumerate((MEI, LIN))}
FIRST, SECOND = id_at(10, 1), id_at(20, 2)


class Story:
    """Records as they are told, each at the end of its partition."""

    def __init__(self, keys: Mapping[UUID, SealingKey] = KEYS) -> None:
        """Empty; sealed with these keys."""
        self._keys = keys
        self.records: list[Record] = []
        self.ids: list[UUID] = []

    def tell(self, event: Event, second: float, actor: UUID, event_id: UUID | None = None, late: float = 0.0) -> UUID:
        """`late` is how many seconds after its id's time the log got it."""
        id_ = event_id or id_at(second, len(self.ids))
        envelope = envelope_for(event, source="/posts", actor=actor, now=BEGIN + timedelta(seconds=second), id=id_)
        parts = to_record_parts(event, envelope, self._keys[actor])
        self.add(spec_of(event).topic, parts.key, parts.value, parts.headers, second + late)
        self.ids.append(id_)
        return id_

    def add(
        self, topic: str, key: bytes, value: bytes, headers: tuple[tuple[str, bytes], ...], second: float
    ) -> Record:
        """Anything. Offsets are sparse, as in a slice."""
        number = partition_for(key, PARTITIONS)
        before = [one.offset for one in self.records if (one.topic, one.partition) == (topic, number)]
        offset = before[-1] + 3 if before else 5
        record = Record(topic, number, offset, BEGIN_MS + round(second * 1000), key, value, headers)
        self.records.append(record)
        return record

    async def write(self, path: Path, topics: Sequence[str] = TOPICS) -> Path:
        """As an embedded log."""
        log = await open_log(path)
        await log.create([TopicSpec(topic, PARTITIONS) for topic in topics])
        await log.restore(self.records)
        await log.close()
        return path


def registered(account: UUID, handle: str) -> AccountRegistered:
    """Someone joined."""
    return AccountRegistered(account=account, handle=handle, display_name=handle.title(), reads=("en",), writes="en")


def small_story(keys: Mapping[UUID, SealingKey] = KEYS) -> Story:
    """Mei and Lin join; Mei posts twice and edits once; Lin likes."""
    story = Story(keys)
    story.tell(registered(MEI, "mei"), 0, MEI)
    story.tell(registered(LIN, "lin"), 1, LIN)
    story.tell(PostCreated(post=FIRST, author=MEI, text="今天的猫税", lang="zh", topics=("猫税",)), 10, MEI)
    story.tell(PostCreated(post=SECOND, author=MEI, text="My cat pays, too", lang="en", mentions=(LIN,)), 20, MEI)
    story.tell(PostLiked(account=LIN, post=FIRST), 30, LIN)
    story.tell(PostEdited(post=FIRST, author=MEI, revision=1, text="今天的猫税!", lang="zh"), 40, MEI)
    return story


def places(records: Sequence[Record]) -> list[Partition]:
    """Where they stand."""
    return sorted({Partition(one.topic, one.partition) for one in records})

"""A long history in one file: an embedded log of many events, made once for all figures of a run."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

from bench.posts import Keys, keys_for
from bench.run import Run
from libs.events import (
    AccountFollowed,
    Event,
    PostCreated,
    PostLiked,
    derived_id,
    envelope_for,
    lowest_at,
    new_id,
    spec_of,
    to_record_parts,
)
from libs.log import Partition, Record, TopicSpec
from libs.log.embedded import open_log
from libs.log.partitioner import partition_for
from qiao.load.texts import text

BEGIN_MS = 1_736_840_000_000
"""In January 2025; an event each millisecond from then on."""
CHUNK = 5_000
PARTITIONS = 12
PEOPLE = 1_000
TOPICS = ("posts", "reactions", "relationships")
NAME = "history.db"


async def history(run: Run) -> tuple[Path, int]:
    """The file and how many events it holds: a million in a whole run."""
    path, count = run.directory / NAME, run.sized(1_000_000, 50_000)
    if not path.exists():
        run.say(f"history: writing {count:,} events")
        await _write(path, count)
    return path, count


async def _write(path: Path, count: int) -> None:
    people = [new_id() for _ in range(PEOPLE)]
    log = await open_log(path)
    try:
        await log.create([TopicSpec(topic, PARTITIONS) for topic in TOPICS])
        records = _records(people, keys_for(people), count)
        while chunk := list(islice(records, CHUNK)):
            await log.restore(chunk)
    finally:
        await log.close()


def _records(people: list[UUID], keys: Keys, count: int) -> Iterator[Record]:
    choose, ends = random.Random(98), dict[Partition, int]()
    posts: list[UUID] = []
    for number in range(count):
        ms, actor = BEGIN_MS + number, choose.choice(people)
        base = lowest_at(ms)
        event = _event(choose, actor, people, posts, derived_id(base, "post", str(number)), number)
        envelope = envelope_for(
            event,
            source="/posts",
            actor=actor,
            now=datetime.fromtimestamp(ms / 1000, UTC),
            id=derived_id(base, str(number)),
        )
        parts, topic = to_record_parts(event, envelope, keys[actor]), spec_of(event).topic
        place = Partition(topic, partition_for(parts.key, PARTITIONS))
        offset = ends.get(place, 0)
        ends[place] = offset + 1
        yield Record(*place, offset, ms, parts.key, parts.value, parts.headers)


def _event(choose: random.Random, actor: UUID, people: list[UUID], posts: list[UUID], new: UUID, number: int) -> Event:
    """Three posts to five likes to two follows."""
    dice = choose.random()
    if dice < 0.3 or not posts:
        posts.append(new)
        return PostCreated(post=new, author=actor, text=text(number), lang="en", topics=("cats",))
    if dice < 0.8:
        return PostLiked(account=actor, post=choose.choice(posts))
    return AccountFollowed(account=actor, target=choose.choice(people))

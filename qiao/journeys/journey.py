"""The journey of one post, composed from what the log and the views tell."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from libs.events import time_of
from libs.events.envelope import Envelope
from libs.events.errors import EnvelopeInvalid
from libs.events.headers import decode_envelope
from libs.events.ids import is_v7
from libs.log import Log, Record
from libs.projections import Projection, ViewProgress
from libs.projections.amendments import load_amendments
from libs.views import Reads
from qiao.journeys.clues import clues_of
from qiao.journeys.finding import Finder
from qiao.journeys.handling import Handling
from qiao.journeys.shapes import Handled, Journey, Step
from qiao.journeys.sweeping import Count, nobody, sweep
from qiao.times import from_ms, to_ms
from services.feeds.tables import PEOPLE

MOST = 20
"""Likes, saves and replies looked up, of each."""

MOST_UNFOLDED = 5_000
"""Records behind a projection's progress that are looked through."""


class PostNotInLog(LookupError):
    """No event of this post stands in the log where it should."""


class _Found(NamedTuple):
    record: Record
    envelope: Envelope


class Journeys:
    """Tells journeys, from one log and the views folded from it."""

    def __init__(self, projections: Sequence[Projection], log: Log, reads: Reads, progress: ViewProgress) -> None:
        """`progress` tells how far each projection is."""
        self._projections, self._log, self._reads, self._progress = projections, log, reads, progress

    async def of(self, post: UUID, *, most: int = MOST, whole: bool = False, count: Count = nobody) -> Journey:
        """The journey of a post. `whole` reads every event since it was written, told by `count`.

        Raises PostNotInLog, LogUnavailable, ViewsUnavailable.
        """
        if not is_v7(post):
            raise PostNotInLog(f"{post} is no id of a post")
        topics = await self._log.topics()
        finder = Finder(self._log, {name: info.partitions for name, info in topics.items()})
        handling = Handling(self._projections, self._reads, self._progress, await load_amendments(self._log))
        clues, left_out = await clues_of(self._reads, post, most)
        found = [await finder.find(clue) for clue in clues]
        records = [record for record in found if record is not None]
        records += await self._set_aside(finder, handling, post)
        if whole:
            records += await sweep(self._log, str(post), time_of(post), count)
        steps = await self._steps(post, _in_time(records), handling)
        return Journey(
            post=post,
            steps=tuple(steps),
            left_out=0 if whole else left_out,
            not_found=found.count(None),
            complete=whole,
        )

    async def _set_aside(self, finder: Finder, handling: Handling, post: UUID) -> list[Record]:
        """Events of the post that left no rows yet: parked ones, and those that nobody has folded."""
        partition = finder.partition_of("posts", str(post))
        if partition is None:
            return []
        offsets = {row.offset for row in await handling.parked_of(partition, str(post))}
        parked = [await finder.at(partition, offset) for offset in sorted(offsets)]
        wanted = [projection.name for projection in self._projections if "posts" in projection.topics]
        reached = [await handling.reached(name, partition) for name in wanted]
        unfolded = await finder.of_key(partition, str(post), min(reached), MOST_UNFOLDED) if reached else []
        return [*(record for record in parked if record is not None), *unfolded]

    async def _steps(self, post: UUID, found: Sequence[_Found], handling: Handling) -> list[Step]:
        root = next((each for each in found if _is_creation(each, post)), None)
        if root is None:
            raise PostNotInLog(f"the log shows no PostCreated of {post}: is it a post's id, of this platform?")
        handles = await self._handles(each.envelope.actor for each in found)
        events = {each.envelope.id for each in found}
        ordered = [root, *(each for each in found if each is not root)]
        return [
            _step(each, root, handles.get(each.envelope.actor or post, ""), events, await handling.of(each.record))
            for each in ordered
        ]

    async def _handles(self, accounts: Iterable[UUID | None]) -> Mapping[UUID, str]:
        people = await PEOPLE.people(self._reads, filter(None, accounts))
        return {account: person.handle for account, person in people.items()}


def _in_time(records: Iterable[Record]) -> list[_Found]:
    """Each place once, in the order of the log's time. What has no envelope cannot be told of."""
    places = {record.place: record for record in records}
    found = []
    for record in sorted(places.values(), key=lambda each: (each.timestamp, each.topic, each.partition, each.offset)):
        try:
            found.append(_Found(record, decode_envelope(record.headers)))
        except EnvelopeInvalid:
            continue
    return found


def _is_creation(found: _Found, post: UUID) -> bool:
    return found.envelope.type == "PostCreated" and found.record.key == str(post).encode()


def _step(found: _Found, root: _Found, handle: str, events: set[UUID], handled: tuple[Handled, ...]) -> Step:
    record, envelope = found
    first = envelope.id == root.envelope.id
    cause = envelope.causation if envelope.causation in events else None
    return Step(
        event=envelope.id,
        type=envelope.type,
        place=str(record.place),
        source=envelope.source,
        actor=envelope.actor,
        actor_handle=handle,
        subject=envelope.subject,
        decided_at=envelope.time,
        appended_at=from_ms(record.timestamp),
        append_ms=record.timestamp - to_ms(envelope.time),
        after_ms=record.timestamp - root.record.timestamp,
        trace=_trace(envelope),
        # What a person began names no cause; what it is about is the post, hence its creation.
        caused_by=None if first else cause or root.envelope.id,
        handled=handled,
    )


def _trace(envelope: Envelope) -> str:
    """The trace id in a W3C traceparent: version-trace-span-flags."""
    parts = (envelope.traceparent or "").split("-")
    return parts[1] if len(parts) == 4 else ""

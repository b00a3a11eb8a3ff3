"""Amendments: what operators decided about single events, read from topic `operations`, so that every fold keeps to it.

An amendment names a place in the log. It is honoured only where the record there is the one that was meant and what
would be folded instead can be read; otherwise it is passed over, counted and logged, and the record folds as it is.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec

from libs.events import Decoded, EventSkipped, EventSuperseded, Undecodable, decode
from libs.events.operations import TOPIC
from libs.log import Bounds, Log, Partition, Place, Record
from libs.log.merging import in_canonical_order
from libs.projections.replacing import NotItsPlace, replaced
from libs.telemetry import metrics

log = logging.getLogger(__name__)


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """Not folded at all."""

    projection: str | None
    """None for every projection."""
    subject: str
    """The key that the record must have."""
    event: UUID | None
    """The id that the record must have; None for a record whose envelope could not be read."""


class Superseded(Skipped, frozen=True, kw_only=True):
    """Folded with other data."""

    event_type: str
    version: int
    value: bytes
    """The data as the record would hold it: JSON, personal fields sealed."""


Amendment = Skipped | Superseded
"""What is done with one event instead of folding it as it is."""


class Amendments:
    """Every amendment by the place that it is about. Never changed once made."""

    def __init__(self, by_place: Mapping[Place, tuple[Amendment, ...]]) -> None:
        """`by_place` has them in the order of their decision. Made by `load_amendments`."""
        self._by_place = dict(by_place)

    def __len__(self) -> int:
        """How many places they are about."""
        return len(self._by_place)

    def decisions(self, record: Record) -> int:
        """How many decisions there are about the record's place, whether they fit or not."""
        return len(self._by_place.get(record.place, ()))

    def about(self, projection: str) -> Mapping[Place, tuple[Amendment, ...]]:
        """What was decided about events of this projection, by place, in the order of decision."""
        ours = {
            place: tuple(one for one in decided if one.projection in (None, projection))
            for place, decided in self._by_place.items()
        }
        return {place: decided for place, decided in ours.items() if decided}

    def apply(self, projection: str, record: Record) -> Record | None:
        """The record as this projection folds it, by the newest decision that fits; None for one that it skips."""
        decided = self._by_place.get(record.place)
        if decided is None:
            return record
        for amendment in reversed(decided):
            if amendment.projection in (None, projection):
                try:
                    return _applied(amendment, record)
                except NotItsPlace as error:
                    _passed_over(projection, f"{record.place}: {error}")
        return record

    def apply_all(self, projection: str, records: Iterable[Record]) -> list[Record]:
        """The same for records that follow each other; those that are skipped are left out."""
        if not self._by_place:
            return list(records)
        applied = (self.apply(projection, record) for record in records)
        return [record for record in applied if record is not None]


NONE = Amendments({})


class _Read(NamedTuple):
    """A decision, and what it is about."""

    place: Place
    amendment: Amendment


async def operations_ends(log: Log) -> Mapping[int, int]:
    """Where topic `operations` ends now, by partition; nothing where there is no such topic. Raises LogUnavailable."""
    return {place.number: each.end for place, each in (await _operations_bounds(log)).items()}


async def load_amendments(
    log: Log, until_ms: int | None = None, *, ends: Mapping[int, int] | None = None
) -> Amendments:
    """Read topic `operations` once, from its start to its end.

    With `until_ms` (log time in milliseconds since 1970 UTC) only what was decided before that moment; with `ends` only
    what stands below these, as `operations_ends` told them once. A log without the topic has no amendments. Raises
    LogUnavailable.
    """
    by_place: dict[Place, tuple[Amendment, ...]] = {}
    seen = set[UUID]()
    # Those about one place have one key, hence one partition: they come in the order of their decision.
    for record in await _operations(log, until_ms, ends):
        decoded = _decoded(record)
        # A copy that comes late must not outdo what was decided after the first.
        if decoded is None or decoded.envelope.id in seen:
            continue
        seen.add(decoded.envelope.id)
        if (read := _amendment(decoded)) is not None:
            by_place[read.place] = (*by_place.get(read.place, ()), read.amendment)
    return Amendments(by_place)


async def _operations_bounds(log: Log) -> Mapping[Partition, Bounds]:
    info = (await log.topics()).get(TOPIC)
    return await log.bounds([Partition(TOPIC, number) for number in range(info.partitions)]) if info else {}


async def _operations(log: Log, until_ms: int | None, ends: Mapping[int, int] | None) -> list[Record]:
    bounds = await _operations_bounds(log)
    if ends is not None:
        bounds = {
            place: Bounds(start, min(end, ends.get(place.number, start))) for place, (start, end) in bounds.items()
        }
    stretches = in_canonical_order(log, bounds)
    return [
        each.record
        async for stretch in stretches
        for each in stretch
        if until_ms is None or each.at.timestamp < until_ms
    ]


def _decoded(record: Record) -> Decoded | None:
    """None for a type that this program does not know, and for what cannot be read: the latter is counted."""
    try:
        decoded = decode(record.headers, record.value)
    except Undecodable as error:
        _passed_over("any", str(error))
        return None
    return decoded if isinstance(decoded, Decoded) else None


def _amendment(decoded: Decoded) -> _Read | None:
    """None for an operation of another kind."""
    event = decoded.event
    if not isinstance(event, EventSkipped | EventSuperseded):
        return None
    place = Place(event.topic, event.partition, event.offset)
    if isinstance(event, EventSkipped):
        return _Read(place, Skipped(projection=event.projection, subject=event.subject, event=event.event))
    superseded = Superseded(
        projection=event.projection,
        subject=event.subject,
        event=event.event,
        event_type=event.event_type,
        version=event.version,
        value=event.data.encode(),
    )
    return _Read(place, superseded)


def _applied(amendment: Amendment, record: Record) -> Record | None:
    """Raises NotItsPlace."""
    headers = dict(record.headers)
    if amendment.subject != record.key.decode(errors="replace"):
        raise NotItsPlace("another key stands there than the amendment is about")
    if amendment.event is not None and headers.get("ce_id", b"").decode(errors="replace") != str(amendment.event):
        raise NotItsPlace("another event stands there than the amendment is about")
    if not isinstance(amendment, Superseded):
        return None
    if headers.get("ce_type", b"").decode(errors="replace") != amendment.event_type:
        raise NotItsPlace("an event of another type stands there than the amendment is about")
    return replaced(record, amendment.version, amendment.value)


def _passed_over(projection: str, why: str) -> None:
    metrics.events_skipped(projection, TOPIC, "amendment does not fit")
    log.warning("an amendment for %s is passed over: %s", projection, why)

"""What the projections did with an event: folded, on its way, parked, or put aside by an operator."""

from collections.abc import Sequence

import msgspec

from libs.events import Decoded, Undecodable, decode
from libs.log import Partition, Record
from libs.projections import Projection, ViewProgress
from libs.projections.amendments import Amendments
from libs.projections.tables import PARKED, Parked, ParkedState
from libs.views import Reads, scan_all
from qiao.journeys.rehearsing import rehearse
from qiao.journeys.shapes import Handled, State

_STATES: dict[str, State] = {
    "parked": "parked",
    "queued": "queued",
    "redriven": "redriven",
    "edited": "edited",
    "discarded": "discarded",
}


class Handling:
    """Asks the views about single events. Every method raises ViewsUnavailable."""

    def __init__(
        self, projections: Sequence[Projection], reads: Reads, progress: ViewProgress, amendments: Amendments
    ) -> None:
        """`amendments` are what operators decided."""
        self._projections, self._reads, self._progress = projections, reads, progress
        self._amendments = amendments
        self._parked: dict[tuple[str, Partition, str], list[Parked]] = {}
        self._reached: dict[tuple[str, Partition], int] = {}

    async def of(self, record: Record) -> tuple[Handled, ...]:
        """By projection: those that handle events of its type, all of its topic where it cannot be read."""
        try:
            decoded = decode(record.headers, record.value)
        except Undecodable:
            decoded = None
        handled = [await self._one(projection, record, decoded) for projection in self._wanted(record, decoded)]
        return tuple(handled)

    def _wanted(self, record: Record, decoded: object) -> Sequence[Projection]:
        if isinstance(decoded, Decoded):
            return [projection for projection in self._projections if type(decoded.event) in projection.handlers]
        return [projection for projection in self._projections if record.topic in projection.topics and not decoded]

    async def _one(self, projection: Projection, record: Record, decoded: object) -> Handled:
        name, partition = projection.name, Partition(record.topic, record.partition)
        behind = max(0, record.offset + 1 - await self.reached(name, partition))
        waiting = await self._waiting(name, partition, record)
        amended = self._amendments.apply(name, record)
        state = _state(behind, waiting, skipped=amended is None)
        told = Handled(
            projection=name,
            state=state,
            behind=behind,
            tries=waiting.tries if waiting else 0,
            error=waiting.error if waiting else "",
            trace=waiting.trace if waiting else "",
            actor=waiting.actor if waiting else "",
            reason=waiting.reason if waiting else "",
        )
        return told if amended is None else await self._with_rows(told, projection, amended)

    async def _with_rows(self, told: Handled, projection: Projection, record: Record) -> Handled:
        try:
            decoded = decode(record.headers, record.value)
        except Undecodable as error:
            return msgspec.structs.replace(told, error=told.error or str(error))
        if not isinstance(decoded, Decoded):
            return told
        meta = decoded.meta(record.topic, record.partition, record.offset, record.timestamp)
        try:
            rehearsed = await rehearse(self._reads, projection, decoded.event, meta)
        except Exception as error:  # noqa: BLE001 - a handler that breaks is what is told
            return msgspec.structs.replace(told, error=told.error or repr(error))
        return msgspec.structs.replace(told, rows=rehearsed.rows, refused=rehearsed.refused)

    async def reached(self, projection: str, partition: Partition) -> int:
        """The first offset that the projection has not folded; asked once."""
        if (projection, partition) not in self._reached:
            self._reached[projection, partition] = await self._progress.reached(projection, *partition)
        return self._reached[projection, partition]

    async def parked_of(self, partition: Partition, key: str) -> Sequence[Parked]:
        """Every event of a key that waits in some projection, or that an operator put aside."""
        return [
            row
            for projection in self._projections
            if partition.topic in projection.topics
            for row in await self._rows(projection.name, partition, key)
        ]

    async def _waiting(self, projection: str, partition: Partition, record: Record) -> ParkedState | None:
        rows = await self._rows(projection, partition, record.key.decode(errors="replace"))
        return next((row.body for row in rows if row.offset == record.offset), None)

    async def _rows(self, projection: str, partition: Partition, key: str) -> list[Parked]:
        asked = (projection, partition, key)
        if asked not in self._parked:
            found = scan_all(self._reads, PARKED, (projection, *partition), prefix=(key,))
            self._parked[asked] = [row async for row in found]
        return self._parked[asked]


def _state(behind: int, waiting: ParkedState | None, *, skipped: bool) -> State:
    if waiting is not None:
        return _STATES[waiting.state]
    if skipped:
        return "skipped"
    return "on its way" if behind else "folded"

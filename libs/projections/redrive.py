"""Redrive: an operator asks, the partition's owner carries it out between batches.

The request is a vault record per (projection, topic, partition), so that it reaches the owner wherever it runs and
survives both sides; the outcome is written into the same record.
"""

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import msgspec

from libs.events import EventSkipped, derived_id, new_id, time_of
from libs.log import Log, Partition, Record
from libs.projections.failures import TRANSIENT
from libs.projections.folding import Folder
from libs.projections.tables import ParkedState
from libs.vault import Vault

KIND = "redrive"
REQUEST_TTL = 24 * 3600.0
READ_TIMEOUT = 10.0


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator asks of a partition's owner, and what came of it."""

    action: Literal["redrive", "discard"]
    id: UUID = msgspec.field(default_factory=new_id)
    """Of the request: what its owner appends has ids derived from it, so that carrying it out twice appends copies."""
    key: str
    """The parked key."""
    offset: int | None = None
    """Only the event there; None for every event of the key. What is redriven must be the first that waits."""
    actor: str
    reason: str
    state: Literal["asked", "done", "failed"] = "asked"
    outcome: str = ""


def record_key(projection: str, partition: Partition) -> str:
    """Under which key of the vault the request of a partition stands."""
    return f"{projection}/{partition.topic}/{partition.number}"


async def ask(vault: Vault, projection: str, partition: Partition, request: Request) -> bool:
    """Leave a request for the owner. False if another one is still waiting there."""
    key = record_key(projection, partition)
    item = await vault.get(KIND, key)
    if item is not None and msgspec.json.decode(item.value, type=Request).state == "asked":
        return False
    expected = item.version if item else None
    return bool(await vault.compare_and_set(KIND, key, expected, msgspec.json.encode(request), ttl=REQUEST_TTL))


async def answer(vault: Vault, projection: str, partition: Partition) -> Request | None:
    """The request as it stands now."""
    item = await vault.get(KIND, record_key(projection, partition))
    return msgspec.json.decode(item.value, type=Request) if item else None


class Redriver:
    """The owner's side."""

    def __init__(self, vault: Vault, log: Log, folder: Folder) -> None:
        """`folder` folds the partition whose requests are served."""
        self._vault, self._log, self._folder = vault, log, folder

    async def serve(self) -> None:
        """Carry out the request that waits, if one does. A redrive that fails again leaves the rest as it was."""
        key = record_key(self._folder.projection.name, self._folder.partition)
        item = await self._vault.get(KIND, key)
        if item is None:
            return
        request = msgspec.json.decode(item.value, type=Request)
        if request.state != "asked":
            return
        done = await self._carry_out(request)
        await self._vault.compare_and_set(KIND, key, item.version, msgspec.json.encode(done), ttl=REQUEST_TTL)

    async def _carry_out(self, request: Request) -> Request:
        waiting = self._folder.lot.waiting.get(request.key, set())
        offsets = sorted(waiting if request.offset is None else waiting & {request.offset})
        if request.action == "redrive" and offsets and offsets[0] > min(waiting):
            told = f"the event at {min(waiting)} of this key comes first: order within a key is kept"
            return msgspec.structs.replace(request, state="failed", outcome=told)
        for count, offset in enumerate(offsets):
            try:
                await self._one(request, offset)
            except TRANSIENT:
                raise
            except Exception as error:  # noqa: BLE001 - whatever the handler raises again is the answer to the operator
                told = f"{count} of {len(offsets)} done; the event at {offset} failed again: {error!r}"
                return msgspec.structs.replace(request, state="failed", outcome=told)
        return msgspec.structs.replace(request, state="done", outcome=f"{len(offsets)} done")

    async def _one(self, request: Request, offset: int) -> None:
        if request.action == "redrive":
            await self._folder.refold(await read_one(self._log, self._folder.partition, offset))
            return
        # Without its record: what cannot be read any more must not hold up its key for ever.
        await self._note_skipped(request, offset)
        body = ParkedState(state="discarded", error=f"{request.actor}: {request.reason}")
        await self._folder.release(request.key, offset, body)

    async def _note_skipped(self, request: Request, offset: int) -> None:
        """On the record, so that a rebuild and a replay skip it, too. It comes first: a crash in between repeats it."""
        topic, number = self._folder.partition
        skipped = EventSkipped(
            subject=request.key,
            projection=self._folder.projection.name,
            topic=topic,
            partition=number,
            offset=offset,
            reason=request.reason,
        )
        id_ = derived_id(request.id, topic, str(number), str(offset))
        now = datetime.fromtimestamp(time_of(request.id) / 1000, UTC)
        await self._folder.stores.publisher.publish(skipped, actor=None, id=id_, now=now)


async def read_one(log: Log, partition: Partition, offset: int) -> Record:
    """The record at this very offset. Raises LookupError if there is none."""
    reader = await log.reader({partition: offset})
    try:
        records = (await reader.poll(1, READ_TIMEOUT)).get(partition, ())
    finally:
        await reader.close()
    if not records or records[0].offset != offset:
        raise LookupError(f"no record at {partition.topic}[{partition.number}]@{offset}")
    return records[0]

"""Redrive, discard and edit: an operator asks, the partition's owner carries it out between batches.

The request is a vault record per (projection, topic, partition), so that it reaches the owner wherever it runs and
survives both sides; the outcome is written into the same record. What is decided about an event is appended before it
is acted upon: a crash in between repeats it, and a copy of a decision is none.
"""

import logging
from typing import Literal, NamedTuple

import msgspec

from libs.events import time_of
from libs.log import Log, LogError, Partition, Place, Record
from libs.log.single import read_one
from libs.projections.amendments import Amendments, load_amendments
from libs.projections.deciding import Decision, Edit, Request, decided_at, decision_id, skipped, superseded
from libs.projections.failures import TRANSIENT
from libs.projections.folding import Folder
from libs.projections.replacing import replaced
from libs.projections.tables import ParkedState
from libs.vault import Item, Vault

__all__ = ["Edit", "Redriver", "Request", "answer", "ask"]

KIND = "redrive"
REQUEST_TTL = 24 * 3600.0

log = logging.getLogger(__name__)


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


class _Unanswered(NamedTuple):
    """A request that was carried out: the version of its record, and what is to stand there."""

    version: int
    done: Request


class Redriver:
    """The owner's side."""

    def __init__(self, vault: Vault, log: Log, folder: Folder, *, begins_at: int) -> None:
        """`folder` folds the partition whose requests are served.

        `begins_at` is where the log ended when the partition was taken over. Below it the last owner may have left a
        batch half done, some of its tallies or of its queued events, which the folder does again: until it has, nothing
        can be counted afresh, nor decided about an event that the folder has not passed.
        """
        self._vault, self._log, self._folder, self._begins_at = vault, log, folder, begins_at
        self._amendments: Amendments | None = None
        self._unanswered: _Unanswered | None = None
        self._unreadable: int | None = None
        self.owes = True
        """An answer, or a first look: the last owner may have died before it answered."""

    async def serve(self) -> None:
        """Carry out the request that waits, if one does. What fails again stays as it was, and all behind it.

        An answer that cannot be written is written by the next call. Raises what the stores raise.
        """
        if self._folder.reached < self._begins_at:
            return
        key = record_key(self._folder.projection.name, self._folder.partition)
        if self._unanswered is None:
            self._unanswered = await self._look(key)
        if self._unanswered is not None:
            version, done = self._unanswered
            await self._vault.compare_and_set(KIND, key, version, msgspec.json.encode(done), ttl=REQUEST_TTL)
        self._unanswered, self.owes = None, False

    async def _look(self, key: str) -> "_Unanswered | None":
        """What came of the request that waits; None if none does."""
        item = await self._vault.get(KIND, key)
        request = self._read(item) if item else None
        if item is None or request is None or request.state != "asked":
            return None
        self.owes = True
        done = await self._carry_out(request)
        _tell(self._folder, done)
        return _Unanswered(item.version, done)

    def _read(self, item: Item) -> Request | None:
        """None, said once, for what a newer command may ask during an upgrade: it is left to an owner that knows it."""
        try:
            return msgspec.json.decode(item.value, type=Request)
        except msgspec.DecodeError as error:
            if item.version != self._unreadable:
                name, partition = self._folder.projection.name, self._folder.partition
                log.error("%s cannot read what it is asked about %s, and leaves it: %s", name, partition, error)
            self._unreadable = item.version
            return None

    async def _carry_out(self, request: Request) -> Request:
        self._amendments = None
        waiting = self._folder.lot.waiting.get(request.key, set())
        offsets = sorted(waiting if request.offset is None else waiting & {request.offset})
        if request.action != "discard" and offsets and offsets[0] > min(waiting):
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
        if request.action == "discard":
            await self._discard(request, offset)
            return
        record = await read_one(self._log, Place(*self._folder.partition, offset))
        if request.edit is not None:
            await self._decide_edit(request, request.edit, record)
        await self._refold(request, record)

    async def _discard(self, request: Request, offset: int) -> None:
        """What cannot be read any more must not hold up its key for ever."""
        try:
            record = await read_one(self._log, Place(*self._folder.partition, offset))
        except TRANSIENT:
            raise
        except (LookupError, LogError):
            record = None
        decision = skipped(request, self._folder.projection.name, self._folder.partition, offset, record)
        await self._append(request, decision)
        await self._folder.release(request.key, offset, _ended("discarded", request))

    async def _decide_edit(self, request: Request, edit: Edit, record: Record) -> None:
        """On the record only if it can be folded. Raises NotItsPlace, and what the handlers raise."""
        await self._folder.rehearse(replaced(record, edit.version, edit.data.encode()))
        await self._append(request, superseded(request, edit, self._folder.projection.name, record))

    async def _refold(self, request: Request, record: Record) -> None:
        """As it was decided about it, this time or before."""
        amendments = await self._decided()
        amended = amendments.apply(self._folder.projection.name, record)
        if amended is None:
            await self._folder.release(request.key, record.offset, _ended("discarded", request))
            return
        # What it wrote before it failed, as it was or as it was edited before, ranks below.
        body = _ended("redriven" if request.edit is None else "edited", request)
        await self._folder.refold(amended, body, amendments.decisions(record))

    async def _decided(self) -> Amendments:
        """Read once for a request, and again after each decision of its own: the topic may be long."""
        if self._amendments is None:
            self._amendments = await load_amendments(self._log)
        return self._amendments

    async def _append(self, request: Request, decision: Decision) -> None:
        self._amendments = None
        id_ = decision_id(request, self._folder.partition, decision.offset)
        publisher = self._folder.stores.publisher
        await publisher.publish(decision, actor=None, id=id_, now=decided_at(request))


def _ended(state: Literal["redriven", "edited", "discarded"], request: Request) -> ParkedState:
    return ParkedState(state=state, actor=request.actor, reason=request.reason, ended=time_of(request.id))


def _tell(folder: Folder, done: Request) -> None:
    name, what = folder.projection.name, f"{done.action} of {done.key} in {folder.partition}"
    log.info("%s: %s by %s (%s): %s, %s", name, what, done.actor, done.reason, done.state, done.outcome)

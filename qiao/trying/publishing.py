"""A publisher that appends nothing: it keeps what would be appended, as the log would hold it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from libs.events import Envelope, Event, NoSealing, SealingKey, envelope_for, spec_of, to_record_parts
from libs.log import Partition, Place, Published, Publisher, Record
from libs.log.partitioner import partition_for
from qiao.trying.ended import EndedLog


class OpenKeys:
    """A key for everybody that seals nothing: what is only tried is no secret, and no key is there to seal it with."""

    async def key_for(self, account: UUID) -> SealingKey | None:
        """See `Keys`."""
        return NoSealing(account)

    async def keys_for(self, accounts: Iterable[UUID]) -> Mapping[UUID, SealingKey]:
        """See `Keys`."""
        return {account: NoSealing(account) for account in accounts}


class Rehearsal(Publisher):
    """Takes events as a publisher does, and keeps them."""

    def __init__(self, log: EndedLog, now: datetime) -> None:
        """`log` says where they would stand; `now` is the moment of the decision."""
        super().__init__(log, OpenKeys(), "/try", lambda: now)
        self._ended, self._now = log, now
        self.records: list[Record] = []
        """What would be appended, in order."""

    async def publish(
        self,
        event: Event,
        *,
        actor: UUID | None,
        id: UUID | None = None,  # noqa: A002 - as the publisher calls it
        now: datetime | None = None,
        cause: Envelope | None = None,
    ) -> Published:
        """See `Publisher`. Raises EventInvalid."""
        spec, moment = spec_of(event), now or self._now
        envelope = envelope_for(event, source="/try", actor=actor, now=moment, cause=cause, id=id)
        key = NoSealing(getattr(event, spec.owner)) if spec.owner else None
        parts = to_record_parts(event, envelope, key)
        partition = Partition(spec.topic, partition_for(parts.key, await self._ended.count(spec.topic)))
        place = Place(*partition, self._ended.end(partition) + len(self.records))
        self.records.append(Record(*place, int(self._now.timestamp() * 1000), parts.key, parts.value, parts.headers))
        return Published(envelope, place)

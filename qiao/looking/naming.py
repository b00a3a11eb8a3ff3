"""Who is who: the handles of accounts, as their registrations in the log say."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from libs.events import AccountRegistered, Decoded, Undecodable, decode, spec_of, time_of
from libs.log import Bounds, Log, Partition, Record
from libs.log.partitioner import partition_for
from libs.log.stretches import stretches

TOPIC = spec_of(AccountRegistered).topic
FEW = 20
"""Accounts that are looked up one by one, each near the time of its id; more of them cost less all at once."""
BEFORE_MS, AFTER_MS = 60_000, 600_000
"""From its id's time on an account may be registered within this, clocks and retries considered."""


class Registrations:
    """Looks handles up as they are needed. An account without one in this log stays an id."""

    def __init__(self, log: Log, bounds: Mapping[Partition, Bounds]) -> None:
        """`bounds` tell which partitions there are; who registers later is found, too."""
        self._log = log
        self._bounds = {place: each for place, each in bounds.items() if place.topic == TOPIC}
        self._known: dict[UUID, str | None] = {}
        self._ends: Mapping[Partition, int] = {}
        """So far everything was read, once there were many."""

    async def of(self, accounts: Iterable[UUID]) -> Mapping[UUID, str]:
        """The handles of those that have one, without the @. Raises LogUnavailable."""
        wanted = set(accounts)
        if missing := wanted - self._known.keys():
            await self._look_up(missing)
        return {account: handle for account in wanted if (handle := self._known.get(account)) is not None}

    async def _look_up(self, accounts: Collection[UUID]) -> None:
        self._known.update(dict.fromkeys(accounts))
        self._bounds = dict(await self._log.bounds(self._bounds))
        if self._ends or len(accounts) > FEW:
            await self._read_on()
            return
        for account in accounts:
            await self._read(await self._near(account))

    async def _read_on(self) -> None:
        """Everybody who registered since the last time."""
        await self._read(
            {place: Bounds(self._ends.get(place, start), end) for place, (start, end) in self._bounds.items()}
        )
        self._ends = {place: each.end for place, each in self._bounds.items()}

    async def _near(self, account: UUID) -> Mapping[Partition, Bounds]:
        place = Partition(TOPIC, partition_for(str(account).encode(), max(1, len(self._bounds))))
        each = self._bounds.get(place)
        if each is None:
            return {}
        try:
            moment = time_of(account)
        except ValueError:
            return {}
        begin = (await self._log.offsets_at([place], max(0, moment - BEFORE_MS)))[place]
        end = (await self._log.offsets_at([place], moment + AFTER_MS))[place]
        return {place: Bounds(max(begin, each.start), min(end, each.end))}

    async def _read(self, bounds: Mapping[Partition, Bounds]) -> None:
        async for stretch in stretches(self._log, bounds):
            self._known.update(filter(None, map(registration, stretch.records)))


def registration(record: Record) -> tuple[UUID, str] | None:
    """The account and its handle, where the record registers one."""
    if ("ce_type", b"AccountRegistered") not in record.headers:
        return None
    try:
        decoded = decode(record.headers, record.value)
    except Undecodable:
        return None
    if isinstance(decoded, Decoded) and isinstance(decoded.event, AccountRegistered):
        return decoded.event.account, decoded.event.handle
    return None

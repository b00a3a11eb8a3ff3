"""Everyone's accounts: the real commands, and processes that may die at any step of them."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from libs.events import AccountRegistered, Decoded, Event, decode
from libs.http.problems import Problem, ProblemKind
from libs.log import Log, LogUnavailable, Partition, Place, Publisher, Record
from libs.projections import Frontier, ViewProgress
from libs.projections.progress import Marks
from libs.vault import Item, Kept, Vault, VaultUnavailable
from libs.vault.keys import KeyRing
from libs.views import Views
from services.accounts.commands import AccountCommands, Newcomer
from services.accounts.guesses import Guesses
from services.accounts.handlers import projection
from tests.unit.services.folding import Folded

HERE = "192.0.2.1"
"""From where people sign in."""


class Clock:
    """The vault's clock, which tests move ahead."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Outage:
    """Counts the writes of a process and cuts it off: the write that it fails at may or may not have been done."""

    def __init__(self, at: int | None = None, *, after: bool = False) -> None:
        """`at` counts from 0; None never happens. `after`: the write is done, but nobody is told."""
        self.at, self.after = at, after
        self.writes = 0

    def begins(self) -> bool:
        """Whether the write that begins now fails before it is done."""
        self.writes += 1
        return self.at is not None and self.writes > self.at and not (self.after and self.writes == self.at + 1)

    def ends(self) -> bool:
        """Whether the write that was done is not told."""
        return self.at is not None and self.writes > self.at


class CutVault(Vault):
    """One process's way to the vault."""

    def __init__(self, vault: Vault, outage: Outage) -> None:
        self._vault, self._outage = vault, outage

    def _begin(self) -> None:
        if self._outage.begins():
            raise VaultUnavailable("cut")

    def _end(self) -> None:
        if self._outage.ends():
            raise VaultUnavailable("cut after it was done")

    async def get(self, kind: str, key: str) -> Item | None:
        return await self._vault.get(kind, key)

    async def put(self, kind: str, key: str, value: bytes, *, ttl: float | None = None) -> Item:
        self._begin()
        item = await self._vault.put(kind, key, value, ttl=ttl)
        self._end()
        return item

    async def compare_and_set(
        self, kind: str, key: str, expected: int | None, value: bytes, *, ttl: float | None = None
    ) -> Item | None:
        self._begin()
        item = await self._vault.compare_and_set(kind, key, expected, value, ttl=ttl)
        self._end()
        return item

    async def claim(self, kind: str, key: str, owner: str, value: bytes, *, lease: float) -> Item:
        self._begin()
        item = await self._vault.claim(kind, key, owner, value, lease=lease)
        self._end()
        return item

    async def confirm(self, kind: str, key: str, owner: str) -> bool:
        self._begin()
        confirmed = await self._vault.confirm(kind, key, owner)
        self._end()
        return confirmed

    async def delete(self, kind: str, key: str, *, owner: str | None = None) -> bool:
        self._begin()
        deleted = await self._vault.delete(kind, key, owner=owner)
        self._end()
        return deleted

    def records(self) -> AsyncIterator[Kept]:
        return self._vault.records()

    async def bring_back(self, record: Kept, *, over: bool = False) -> bool:
        self._begin()
        written = await self._vault.bring_back(record, over=over)
        self._end()
        return written

    async def migrate(self) -> None:
        await self._vault.migrate()

    async def healthy(self) -> bool:
        return await self._vault.healthy()

    async def close(self) -> None:
        """The vault stays open for the others."""


class CutPublisher(Publisher):
    """One process's way to the log."""

    def __init__(self, log: Log, keys: KeyRing, outage: Outage) -> None:
        super().__init__(log, keys, "/accounts")
        self._outage = outage

    async def publish(self, event: Event, **how: object) -> object:  # type: ignore[override]
        if self._outage.begins():
            raise LogUnavailable("cut")
        published = await super().publish(event, **how)  # type: ignore[arg-type]
        if self._outage.ends():
            raise LogUnavailable("cut after it was done")
        return published


class Town:
    """The stores that all processes share."""

    def __init__(self, log: Log, vault: Vault, views: Views) -> None:
        self.log, self.vault, self.views = log, vault, views
        self.folded, self._reached = Folded(projection()), Counter[str]()

    def process(self, outage: Outage | None = None, guesses: Guesses | None = None) -> AccountCommands:
        """A process of its own, which may be cut off."""
        outage = outage or Outage()
        vault = CutVault(self.vault, outage)
        keys = KeyRing(vault, bytes(32))
        frontier = Frontier("accounts", self.log, self.views, ViewProgress(self.views, self.vault))
        return AccountCommands(vault, keys, self.views, frontier, CutPublisher(self.log, keys, outage), guesses)

    async def catches_up(self) -> None:
        """Fold what the log holds, each event once."""
        for topic in ("accounts", "relationships"):
            events = await self.events(topic)
            self.folded.fold(*events[self._reached[topic] :])
            self._reached[topic] = len(events)
            reached = Marks("accounts").put(Partition(topic, 0), "reached", len(events), 1)
            await self.views.write(list(self.folded.rows.values()), [reached])

    async def events(self, topic: str = "accounts") -> list[Event]:
        """What the log was told."""
        found = [decode(record.headers, record.value) for record in await self.records(topic)]
        return [decoded.event for decoded in found if isinstance(decoded, Decoded)]

    async def records(self, topic: str) -> Sequence[Record]:
        """What the log holds, as it stands there."""
        partition = Partition(topic, 0)
        end = (await self.log.bounds([partition]))[partition].end
        reader = await self.log.reader({partition: 0})
        return (await reader.poll(end, 5.0)).get(partition, ()) if end else ()

    async def registered(self, handle: str) -> list[UUID]:
        """Which accounts registered a handle, as the log says, copies included."""
        events = [event for event in await self.events() if isinstance(event, AccountRegistered)]
        return [event.account for event in events if event.handle == handle]


def newcomer(handle: str = "amy") -> Newcomer:
    return Newcomer(handle=handle, password="correct horse", display_name="Amy", reads=("en", "zh"), writes="en")


def kind_of(result: object) -> ProblemKind:
    assert isinstance(result, Problem), f"not refused: {result!r}"
    return result.kind


def done(result: object) -> None:
    assert not isinstance(result, Problem), result


__all__ = ["HERE", "Clock", "Outage", "Place", "Town", "done", "kind_of", "newcomer"]

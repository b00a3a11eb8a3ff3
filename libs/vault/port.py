"""The vault port: small state that is no fold of the log, and promises that need a compare-and-set.

Credentials, refresh-token families, sealing keys, idempotency records, claimed handles, leases, topic epochs.
`libs.vault.sqlite` and `libs.vault.cassandra` are twins: one contract suite (`tests/contract/vault`) runs on both.
Values are bytes; each kind of record encodes its own struct. Nothing here is stamped, rebuilt or captured; it is backed
up on its own (`libs.vault.backup`).
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

import msgspec


class Item(msgspec.Struct, frozen=True):
    """A stored value. `version` rises by one with every write and is what compare-and-set compares.

    A new record's version starts anywhere, so that no version of a deleted or expired record ever fits its successor.
    `owner` is who claimed it (empty for what was not claimed); `confirmed` is False while a claim's lease runs.
    """

    value: bytes
    version: int
    owner: str = ""
    confirmed: bool = True


class Kept(msgspec.Struct, frozen=True, gc=False):
    """A record as a backup keeps it: all but its version, which is of the vault that it stands in."""

    kind: str
    key: str
    value: bytes
    owner: str = ""
    confirmed: bool = True
    expires_at: float | None = None
    """When its time or its lease is over, in seconds since 1970 UTC; None for what stays."""


class VaultUnavailable(Exception):
    """The vault cannot be reached or took too long: the same call may work later; a write may have happened."""


class Vault(ABC):
    """Records by (kind, key), linearizable per record."""

    @abstractmethod
    async def get(self, kind: str, key: str) -> Item | None:
        """The record, or None where there is none or its time is over."""

    @abstractmethod
    async def put(self, kind: str, key: str, value: bytes, *, ttl: float | None = None) -> Item:
        """Write whatever was there before, claimed or not: then it is claimed no more.

        `ttl` in seconds, None keeps it for ever. Cassandra rounds it up to whole seconds.
        """

    @abstractmethod
    async def compare_and_set(
        self, kind: str, key: str, expected: int | None, value: bytes, *, ttl: float | None = None
    ) -> Item | None:
        """Like `put`, but only if the version is `expected` (None: only if absent). None tells that it was not.

        After VaultUnavailable, read before trying again: it may have been written.
        """

    @abstractmethod
    async def claim(self, kind: str, key: str, owner: str, value: bytes, *, lease: float) -> Item:
        """Insert if absent, for `lease` seconds; returns what stands there afterwards: mine if `owner` is me.

        Claiming again what I already hold is a success and changes nothing (retries are safe).
        Raises ValueError for an empty owner or a lease that is not above 0.
        """

    @abstractmethod
    async def confirm(self, kind: str, key: str, owner: str) -> bool:
        """Make my claim permanent: rewrites every column without expiry. False if it is not mine any more.

        Confirming again what I have confirmed is a success.
        """

    @abstractmethod
    async def delete(self, kind: str, key: str, *, owner: str | None = None) -> bool:
        """Remove the record (only if it is `owner`'s, where given). False if nothing was removed.

        How a claim is given back and how a key is destroyed.
        """

    @abstractmethod
    def records(self) -> AsyncIterator[Kept]:
        """Every record, in no order that means anything; each as it was at some moment meanwhile.

        What was acknowledged before the first is asked for is there. Raises VaultUnavailable.
        """

    @abstractmethod
    async def bring_back(self, record: Kept, *, over: bool = False) -> bool:
        """Write a record as a backup kept it, claimed or not and until its own time; only if absent, unless `over`.

        It is a new record: no version that anybody held before fits it. False if nothing was written, because one is
        there or its time is over.
        """

    @abstractmethod
    async def migrate(self) -> None:
        """Create what is missing. Idempotent and safe to run twice at once."""

    @abstractmethod
    async def healthy(self) -> bool:
        """Whether the vault answers now, within a second. Never raises."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of everything. Safe to call twice."""


def check_claim(owner: str, lease: float) -> None:
    """Raises ValueError for a claim that nobody could hold."""
    if not owner or lease <= 0:
        raise ValueError(f"a claim needs an owner and a lease above 0 seconds, not {owner!r} and {lease}")

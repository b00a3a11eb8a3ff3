"""The sealing keys of accounts: made, kept wrapped in the vault, cached for a minute, destroyed for good.

Destroying a key erases what its account said and was, everywhere at once: caches forget it within CACHE_SECONDS.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from libs.events import SealingKey
from libs.vault.port import Item, Vault
from libs.vault.wrapping import Wrapping

KIND = "sealing-key"

MASTER_KIND = "master-key"
"""One record, wrapped like a key: whether the master key of the settings is this vault's."""

_CANARY = "canary"
_NOBODY = UUID(int=0)

CACHE_SECONDS = 60.0
"""How long a key may go on opening after it was destroyed elsewhere."""

ABSENT_SECONDS = 2.0
"""How long a key that was not there is taken for absent."""

CACHED_KEYS = 10_000

LOOKUPS_AT_ONCE = 16


def is_canary(kind: str) -> bool:
    """Whether a record of this kind tells which master key a vault was used with."""
    return kind == MASTER_KIND


def check_canary(master_key: bytes, canary: bytes) -> None:
    """Hold the value of such a record against a master key. Raises WrongMasterKey."""
    Wrapping(master_key).unwrap(_NOBODY, canary)


class KeyRing:
    """The `Keys` of libs.events, from the vault. Every method raises VaultUnavailable and WrongMasterKey."""

    def __init__(self, vault: Vault, master_key: bytes, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` tells how old a cached key is, in seconds. Raises ValueError for a master key of the wrong size."""
        self._vault = vault
        self._wrapping = Wrapping(master_key)
        self._cache = _Cache(clock)
        self._lookups = asyncio.Semaphore(LOOKUPS_AT_ONCE)

    async def check(self) -> None:
        """Compare the master key with the one that this vault was first used with; the first use decides.

        Raises WrongMasterKey.
        """
        canary = self._wrapping.wrap(_NOBODY, _CANARY.encode())
        if await self._vault.compare_and_set(MASTER_KIND, _CANARY, None, canary) is not None:
            return
        item = await self._vault.get(MASTER_KIND, _CANARY)
        if item is not None:
            self._wrapping.unwrap(_NOBODY, item.value)

    async def create(self, account: UUID) -> SealingKey:
        """The account's key, made if there is none yet."""
        key, raw = SealingKey.generate(account)
        if await self._vault.compare_and_set(KIND, str(account), None, self._wrapping.wrap(account, raw)) is None:
            existing = await self._load(account)
            return existing if existing is not None else await self.create(account)
        self._cache.keep(account, key)
        return key

    async def key_for(self, account: UUID) -> SealingKey | None:
        """The account's key; None if it was destroyed or never was."""
        known, key = self._cache.look_up(account)
        return key if known else await self._load(account)

    async def keys_for(self, accounts: Iterable[UUID]) -> Mapping[UUID, SealingKey]:
        """The keys of these accounts; those destroyed, or that never were, are left out."""
        found: dict[UUID, SealingKey | None] = {}
        missing: list[UUID] = []
        for account in accounts:
            known, found[account] = self._cache.look_up(account)
            if not known:
                missing.append(account)
        if missing:
            loaded = await asyncio.gather(*(self._load(account) for account in missing))
            found.update(zip(missing, loaded, strict=True))
        return {account: key for account, key in found.items() if key is not None}

    async def raw_keys(self, accounts: Iterable[UUID]) -> Mapping[UUID, bytes]:
        """The bytes of these accounts' keys, for a capture with keys alone; those that are not there are left out."""
        wanted = list(accounts)
        items = await asyncio.gather(*(self._item(account) for account in wanted))
        return {
            account: self._wrapping.unwrap(account, item.value)
            for account, item in zip(wanted, items, strict=True)
            if item is not None
        }

    async def destroy(self, account: UUID) -> bool:
        """Erase the account's key for good. False if there was none."""
        destroyed = await self._vault.delete(KIND, str(account))
        self._cache.keep(account, None)
        return destroyed

    async def _load(self, account: UUID) -> SealingKey | None:
        item = await self._item(account)
        key = SealingKey(account, self._wrapping.unwrap(account, item.value)) if item else None
        self._cache.keep(account, key)
        return key

    async def _item(self, account: UUID) -> Item | None:
        async with self._lookups:
            return await self._vault.get(KIND, str(account))


class _Cache:
    """The keys used last, each for a limited time. It also remembers, shortly, which are not there."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: OrderedDict[UUID, tuple[SealingKey | None, float]] = OrderedDict()

    def look_up(self, account: UUID) -> tuple[bool, SealingKey | None]:
        """Whether it is known, and the key."""
        entry = self._entries.get(account)
        if entry is None or entry[1] <= self._clock():
            return False, None
        self._entries.move_to_end(account)
        return True, entry[0]

    def keep(self, account: UUID, key: SealingKey | None) -> None:
        """Remember it from now on, and forget what was not used for longest."""
        self._entries[account] = (key, self._clock() + (ABSENT_SECONDS if key is None else CACHE_SECONDS))
        self._entries.move_to_end(account)
        if len(self._entries) > CACHED_KEYS:
            self._entries.popitem(last=False)

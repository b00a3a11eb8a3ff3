"""What audits have found: the newest ones are kept, for whoever looks into it later.

They are kept in the vault. The tables are what is in doubt, and a finding is no fold of the log: a replay or a rebuild
must not bring it back, and a slice must not carry it away.
"""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from libs.projections.auditing import Drift
from libs.vault import Vault

KIND = "audit"
HEAD = "head"
KEPT = 100
AT_ONCE = 25


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A drift that was found. Times are milliseconds since 1970 UTC."""

    number: int
    """Its name: 1 for the first that was ever found."""
    drift: Drift
    found_at: int
    seen_at: int
    """The last time that it was found alike."""
    times: int = 1
    repaired_at: int | None = None
    vanishing_at: int | None = None
    """When an extra row was rewritten so that it vanishes within a minute, unless what wrote it outranks us."""
    gone_at: int | None = None
    """When an audit of just this found no drift any more, other than by a repair."""
    actor: str = ""
    """Who repaired it, or was about to."""
    reason: str = ""
    """Why, in their words."""

    @property
    def stands(self) -> bool:
        """Whether it is not over yet, as far as is known."""
        return self.repaired_at is None and self.gone_at is None


class Findings:
    """The newest findings, in a ring of records."""

    def __init__(self, vault: Vault, kept: int = KEPT) -> None:
        """`kept` is how many; the oldest make room."""
        self._vault, self._kept = vault, kept

    async def all(self) -> Sequence[Finding]:
        """The newest first. Raises VaultUnavailable."""
        last = await self._last()
        numbers = list(range(last, max(0, last - self._kept), -1))
        found: list[Finding | None] = []
        for begin in range(0, len(numbers), AT_ONCE):
            found += await asyncio.gather(*(self.get(number) for number in numbers[begin : begin + AT_ONCE]))
        return [finding for finding in found if finding is not None]

    async def get(self, number: int) -> Finding | None:
        """The one of this number; None where there is none, or none any more. Raises VaultUnavailable."""
        item = await self._vault.get(KIND, self._slot(number))
        finding = msgspec.json.decode(item.value, type=Finding) if item else None
        return finding if finding is not None and finding.number == number else None

    async def keep(self, drift: Drift, now: int) -> Finding:
        """Keep it; the same drift that was found before and still stands is the same finding, seen once more.

        Where that is over by the time that it is written, it stays as it is: what was found was found before.
        """

        def seen(known: Finding) -> Finding:
            return msgspec.structs.replace(known, drift=drift, seen_at=now, times=known.times + 1)

        for known in await self.all():
            if known.drift.about == drift.about and known.stands:
                return await self._changed(known, seen)
        finding = Finding(number=await self._next(), drift=drift, found_at=now, seen_at=now)
        await self._vault.put(KIND, self._slot(finding.number), msgspec.json.encode(finding))
        return finding

    async def change(self, finding: Finding, **fields: object) -> Finding:
        """Give these fields another value, unless it is over, or made room: then it stays. As it is in the end.

        Others may have changed it since it was read: what they wrote stays, too. Raises VaultUnavailable.
        """
        return await self._changed(finding, lambda known: msgspec.structs.replace(known, **fields))

    async def _changed(self, finding: Finding, how: Callable[[Finding], Finding]) -> Finding:
        slot = self._slot(finding.number)
        while True:
            item = await self._vault.get(KIND, slot)
            known = msgspec.json.decode(item.value, type=Finding) if item else None
            if item is None or known is None or known.number != finding.number:
                return how(finding)
            if not known.stands:
                return known
            changed = how(known)
            if await self._vault.compare_and_set(KIND, slot, item.version, msgspec.json.encode(changed)):
                return changed

    def _slot(self, number: int) -> str:
        return f"finding/{number % self._kept}"

    async def _last(self) -> int:
        item = await self._vault.get(KIND, HEAD)
        return int(item.value) if item else 0

    async def _next(self) -> int:
        while True:
            item = await self._vault.get(KIND, HEAD)
            number = (int(item.value) if item else 0) + 1
            expected = item.version if item else None
            if await self._vault.compare_and_set(KIND, HEAD, expected, str(number).encode()):
                return number

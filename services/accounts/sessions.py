"""Sessions: a family of refresh tokens, each spent once.

The vault holds, per family, the hash of the one token that is good now. Spending it is a compare-and-set; whoever
shows a token that is not the good one has either lost a race or stolen it, and the family ends.
"""

import hashlib
import hmac
import secrets
from uuid import UUID, uuid4

import msgspec

from libs.vault import Vault

KIND = "session"
LIFETIME = 30 * 24 * 3600.0


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One session."""

    account: UUID
    good: bytes
    """SHA-256 of the secret that is good now."""


class Sessions:
    """Begins, renews and ends sessions."""

    def __init__(self, vault: Vault) -> None:
        """`vault` keeps the families."""
        self._vault = vault

    async def begin(self, account: UUID) -> str:
        """A new session's first refresh token."""
        family, secret = uuid4().hex, secrets.token_urlsafe(32)
        value = msgspec.msgpack.encode(Family(account=account, good=_hash(secret)))
        await self._vault.put(KIND, family, value, ttl=LIFETIME)
        return f"{family}.{secret}"

    async def renew(self, token: str) -> tuple[UUID, str] | None:
        """Spend a refresh token for the next one; None if it is not good, and its session is over then."""
        key, _, secret = token.partition(".")
        item = await self._vault.get(KIND, key)
        if item is None:
            return None
        family = msgspec.msgpack.decode(item.value, type=Family)
        following = secrets.token_urlsafe(32)
        value = msgspec.msgpack.encode(Family(account=family.account, good=_hash(following)))
        good = hmac.compare_digest(family.good, _hash(secret))
        if good and await self._vault.compare_and_set(KIND, key, item.version, value, ttl=LIFETIME):
            return family.account, f"{key}.{following}"
        await self._vault.delete(KIND, key)
        return None

    async def end(self, token: str) -> None:
        """Sign out. Only who holds the good token can; anything else changes nothing."""
        key, _, secret = token.partition(".")
        item = await self._vault.get(KIND, key)
        if item and hmac.compare_digest(msgspec.msgpack.decode(item.value, type=Family).good, _hash(secret)):
            await self._vault.delete(KIND, key)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()

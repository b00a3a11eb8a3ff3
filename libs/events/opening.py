"""Opening many tokens at once, for who shows or inspects what people wrote."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from libs.events.sealing import SealingKey, open_token, owner_of


class Keys(Protocol):
    """Where sealing keys come from: `libs.vault` keeps them. What it raises when it cannot be reached is its own."""

    async def key_for(self, account: UUID) -> SealingKey | None:
        """The account's key; None if it was destroyed or never was."""

    async def keys_for(self, accounts: Iterable[UUID]) -> Mapping[UUID, SealingKey]:
        """The keys of these accounts; those destroyed, or that never were, are left out."""


class Opener:
    """Opens tokens with the keys of whoever owns them."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def open_many(self, tokens: Sequence[str]) -> list[str | None]:
        """The texts, in the same order; None where the owner's key was destroyed: that text is erased.

        Asks for each owner's key once. Raises SealBroken for a token that does not open, and what `Keys` raises.
        """
        owners = [owner_of(token) for token in tokens]
        keys = await self._keys.keys_for(set(owners)) if owners else {}
        return [
            open_token(token, key) if (key := keys.get(owner)) is not None else None
            for token, owner in zip(tokens, owners, strict=True)
        ]

"""All tries of one request, which its Idempotency-Key holds together: a retry must not decide again.

What a request decides depends on tables that go on moving. Where the answer to the first try was lost, a retry that
decided anew could refuse what is in the log already, or append something else under the same id. So the first try
that decides keeps its decision before it appends anything, and every other one takes it from there:

    before it is kept      nothing was appended, a retry decides
    kept, not appended     a retry appends it
    appended               a retry appends a copy, which folds to the same rows, and gets a place to answer with
"""

from typing import Protocol


class Tries(Protocol):
    """The tries of one request."""

    @property
    def decision(self) -> bytes | None:
        """What an earlier try decided; None where none did. A refusal is never kept: it changed nothing."""

    async def latest(self) -> bytes | None:
        """What another try has decided meanwhile: asked before a refusal is answered. Raises VaultUnavailable."""

    async def decide(self, decision: bytes) -> bytes:
        """Keep it, before anything is appended; returns what holds: that of another try if it was first.

        Raises VaultUnavailable; it may be kept then.
        """


class OneTry:
    """A request without a key: it cannot be told from another one, so nothing is kept."""

    @property
    def decision(self) -> bytes | None:
        """Nothing was decided before."""
        return None

    async def latest(self) -> bytes | None:
        """There is no other try."""
        return None

    async def decide(self, decision: bytes) -> bytes:
        """Its own decision holds."""
        return decision


ONE_TRY = OneTry()

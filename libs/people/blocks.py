"""A service's own copy of who blocks whom: its table, the handlers that fill it, and the read."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from libs.events import AccountBlocked, AccountUnblocked, Event, Meta
from libs.projections import Handler, Out, folds
from libs.views import Reads, Table, asc


class Block(msgspec.Struct, frozen=True):
    """Whether an account blocks another one."""

    account: UUID
    target: UUID
    on: bool


class Blocks:
    """Who blocks whom, for one service."""

    def __init__(self, service: str) -> None:
        """Declare it once per service: a table is compared by identity."""
        self._blocks: Table[Block] = Table(
            f"{service}.blocks", Block, partition=("account",), clustering=(asc("target"),)
        )

    @property
    def tables(self) -> tuple[Table[Any], ...]:
        """For the service's projection."""
        return (self._blocks,)

    @property
    def handlers(self) -> Sequence[tuple[type[Event], Handler]]:
        """For the service's projection."""
        return (folds(AccountBlocked, self._blocked), folds(AccountUnblocked, self._unblocked))

    def _blocked(self, event: AccountBlocked, meta: Meta, out: Out) -> None:
        out.put(self._blocks, Block(event.account, event.target, on=True))

    def _unblocked(self, event: AccountUnblocked, meta: Meta, out: Out) -> None:
        out.put(self._blocks, Block(event.account, event.target, on=False))

    async def blocks(self, reads: Reads, account: UUID, target: UUID) -> bool:
        """Whether `account` blocks `target`."""
        row = await reads.get(self._blocks, account, target)
        return row is not None and row.on

    async def stands(self, reads: Reads, event: AccountBlocked | AccountUnblocked) -> bool:
        """Whether the last such decision that was folded says the same; False where none was."""
        row = await reads.get(self._blocks, event.account, event.target)
        return row is not None and row.on is isinstance(event, AccountBlocked)

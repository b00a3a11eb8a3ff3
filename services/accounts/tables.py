"""What accounts needs to decide: who blocks whom."""

from uuid import UUID

import msgspec

from libs.views import Table, asc


class Block(msgspec.Struct, frozen=True):
    """Whether an account blocks another one."""

    account: UUID
    target: UUID
    on: bool


BLOCKS = Table("accounts.blocks", Block, partition=("account",), clustering=(asc("target"),))

TABLES = (BLOCKS,)

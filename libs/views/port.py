"""The views port: tables folded from the log, and all the operations there are on them.

No delete (what ends is put with a state), no compare-and-set (that is the vault's), no read across partitions
except `get_many` and `scan_many`, which only save round trips. `libs.views.sqlite` and `libs.views.cassandra`
are twins: one contract suite (`tests/contract/views`) runs against both.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import msgspec

from libs.views.table import Key, R, Table

EXPIRY_MARGIN = 7 * 24 * 3600
"""Seconds for which a row outlives its `expires_at` at least."""


class Put(msgspec.Struct, frozen=True):
    """Write one whole row: `row` is a row of `table`.

    Of two puts of one row the higher `stamp` stands, whatever came first; puts of equal stamp must be equal.
    `expires_at` (seconds since 1970 UTC) only cleans: the row may vanish from a week after it, and a row that
    is already past that is not written. Reads must not rely on it.
    """

    table: Table[Any]
    row: msgspec.Struct
    stamp: int
    expires_at: int | None = None

    def is_past(self, now: float) -> bool:
        """Whether there is no use in writing this any more. `now` in seconds since 1970 UTC."""
        return self.expires_at is not None and self.expires_at + EXPIRY_MARGIN <= now


class ViewsUnavailable(Exception):
    """The store cannot be reached, is overloaded or took too long: the same call may work later."""


class RowRefused(Exception):
    """The store refuses this one row for what it is (too large, wrong type). `put` is the row at fault."""

    def __init__(self, put: Put, reason: str) -> None:
        """`reason` is the store's own word."""
        super().__init__(f"{put.table.name} {put.table.key_of(put.row)}: {reason}")
        self.put = put


class SchemaRefused(Exception):
    """A declared table differs from the stored one in a way that the design forbids (key, type, reused name)."""


class SchemaOutdated(Exception):
    """The store lacks a declared table or column: `qiao migrate` makes it."""


class Reads(ABC):
    """The reading half: what queries, commands and second phases get."""

    @abstractmethod
    async def get(self, table: Table[R], *key: object) -> R | None:
        """The row of this whole primary key. Raises ViewsUnavailable, as every operation does."""

    @abstractmethod
    async def get_many(self, table: Table[R], keys: Sequence[Key]) -> list[R | None]:
        """The rows of these primary keys, in their order. At most 1,000 keys."""

    @abstractmethod
    async def scan(self, table: Table[R], partition: Key, *, prefix: Key = (), after: Key = (), limit: int) -> list[R]:
        """Up to `limit` rows of one partition, in clustering order.

        `prefix` fixes the first clustering columns; `after` continues behind a row: it holds that row's values
        of the clustering columns behind the prefix (all, or the first few: then rows equal in these are
        passed over too). Columns covered by `after` must share one direction.
        """

    @abstractmethod
    async def scan_many(
        self, table: Table[R], partitions: Sequence[Key], *, prefix: Key = (), limit: int
    ) -> list[list[R]]:
        """The first `limit` rows of each partition, in the order of `partitions`. At most 1,000 partitions."""


class Views(Reads):
    """A store of tables. Open it, use it from one event loop, close it."""

    @abstractmethod
    async def write(self, *stages: Sequence[Put]) -> None:
        """Write the stages one after the other: a stage begins when the one before it is durable.

        Within a stage there is no order. SQLite does all stages in one transaction. Idempotent, so a failed
        write is simply repeated. Raises RowRefused (its stage is otherwise written, later stages are not),
        ViewsUnavailable (any part may be written).
        """

    @abstractmethod
    async def migrate(self, tables: Sequence[Table[Any]]) -> Sequence[str]:
        """Create the tables and columns that are missing and note what was declared.

        Gives the names of the tables of which the store knows more than is declared here: a later version made them,
        and they stay as they are. Idempotent and safe to run twice at once. Raises SchemaRefused.
        """

    @abstractmethod
    async def drop(self, tables: Sequence[Table[Any]]) -> None:
        """Remove the tables of a generation that nothing reads any more, with all their rows, for good.

        Idempotent: what is not there is passed over, and what failed half-way is called again. A declared table is
        never dropped: raises ValueError before anything is removed. Raises ViewsUnavailable.
        """

    @abstractmethod
    async def verify(self, tables: Sequence[Table[msgspec.Struct]]) -> None:
        """Check that the store holds what these tables declare: every process asks this before it starts work.

        Raises SchemaOutdated ("run `qiao migrate`"), SchemaRefused, ViewsUnavailable.
        """

    @abstractmethod
    async def healthy(self) -> bool:
        """Whether the store is migrated and answers now, within a second. Never raises."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what is in flight, then let go of everything. Safe to call twice."""

"""From puts to batches: rows that live on the same nodes go together, bounded in rows and bytes."""

from collections.abc import Generator, Mapping, Sequence

import msgspec

from libs.cassandra.encoding import encode_bigint, encode_int
from libs.cassandra.replicas import Replicas
from libs.cassandra.statements import BatchRow
from libs.views.bounds import ENCODE_ERRORS
from libs.views.cassandra.tables import Inserts
from libs.views.port import EXPIRY_MARGIN, Put, RowRefused
from libs.views.table import Table

BATCH_ROWS = 200

BATCH_BYTES = 40 << 10
"""Cassandra refuses a batch over several partitions above 50 KiB."""

ROW_OVERHEAD = 60
"""What a row takes beyond its values, as Cassandra counts, roughly."""

LAST_EXPIRY = 2**31 - 2
"""Cells cannot expire after 2038 in every storage mode; such a row is kept for good."""

LONGEST_TTL = 20 * 365 * 24 * 3600


class Batch:
    """Rows for one request, growing until it is full."""

    def __init__(self, routing_key: bytes) -> None:
        self.routing_key = routing_key
        self.puts: list[Put] = []
        self.rows: list[BatchRow] = []
        self.bytes = 0

    def full(self, size: int) -> bool:
        """Whether there is no room for a row of this many bytes."""
        return self.bytes + size > BATCH_BYTES or len(self.puts) == BATCH_ROWS

    def halves(self) -> "list[Batch]":
        """The same rows in two batches."""
        middle = len(self.puts) // 2
        return [self._part(slice(None, middle)), self._part(slice(middle, None))]

    def _part(self, part: slice) -> "Batch":
        half = Batch(self.routing_key)
        half.puts, half.rows = self.puts[part], self.rows[part]
        return half


class Batcher:
    """Makes the batches of one stage, one at a time, so that the first is on its way while the next is built."""

    def __init__(
        self, tables: Mapping[Table[msgspec.Struct], Inserts[msgspec.Struct]], replicas: Replicas, now: float
    ) -> None:
        """`tables`: every table of the stage. `now` in seconds since 1970 UTC: what is past is left out."""
        self._tables = tables
        self._replicas = replicas
        self._now = now
        self.refused: list[RowRefused] = []

    def batches(self, puts: Sequence[Put]) -> Generator[Batch]:
        """Rows that cannot be encoded are noted in `refused` and left out."""
        self._replicas.refresh()
        growing: dict[int, Batch] = {}
        for put in puts:
            if put.expires_at is not None and put.is_past(self._now):
                continue
            inserts = self._tables[put.table]
            try:
                values = inserts.statements.codec.encode(put.row)
            except ENCODE_ERRORS as error:
                self.refused.append(RowRefused(put, str(error)))
                continue
            size = sum(map(len, values)) + ROW_OVERHEAD
            group = 0 if self._replicas.one_group else self._replicas.group_of(inserts.statements.routing_key(values))
            batch = growing.get(group)
            if batch is None or batch.full(size):
                if batch is not None:
                    yield batch
                batch = growing[group] = Batch(inserts.statements.routing_key(values))
            batch.puts.append(put)
            batch.rows.append(self._row(inserts, put, values))
            batch.bytes += size
        yield from growing.values()

    def _row(self, inserts: Inserts[msgspec.Struct], put: Put, values: list[bytes]) -> BatchRow:
        values.append(encode_bigint(put.stamp))
        if put.expires_at is None:
            return inserts.plain, values
        expires = put.expires_at + EXPIRY_MARGIN
        ttl = max(1, int(expires - self._now))
        if ttl > LONGEST_TTL or expires > LAST_EXPIRY:
            return inserts.plain, values
        values.append(encode_int(ttl))
        return inserts.expiring, values

"""From puts to batches: rows that live on the same nodes go together, bounded in rows and bytes."""

from collections.abc import Callable, Generator, Mapping, Sequence

import msgspec

from libs.cassandra.encoding import encode_bigint, encode_int
from libs.cassandra.replicas import Replicas
from libs.cassandra.session import Statement
from libs.views.cassandra.tables import Inserts
from libs.views.port import EXPIRY_MARGIN, Put, RowRefused
from libs.views.rows import ENCODE_ERRORS
from libs.views.table import Table

BATCH_ROWS = 128

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
        self.statements: list[Statement] = []
        self.bytes = 0

    def halves(self) -> "list[Batch]":
        """The same rows in two batches."""
        middle = len(self.puts) // 2
        return [self._part(slice(None, middle)), self._part(slice(middle, None))]

    def _part(self, part: slice) -> "Batch":
        half = Batch(self.routing_key)
        half.puts, half.statements = self.puts[part], self.statements[part]
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
        group_of: Callable[[bytes], int] = self._replicas.group_of
        open_batches: dict[int, Batch] = {}
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
            key = inserts.statements.routing_key(values)
            group = group_of(key)
            batch = open_batches.get(group)
            if batch is None or batch.bytes + size > BATCH_BYTES or len(batch.puts) >= BATCH_ROWS:
                if batch is not None:
                    yield batch
                batch = open_batches[group] = Batch(key)
            batch.puts.append(put)
            batch.statements.append(self._statement(inserts, put, values))
            batch.bytes += size
        yield from open_batches.values()

    def _statement(self, inserts: Inserts[msgspec.Struct], put: Put, values: list[bytes]) -> Statement:
        values.append(encode_bigint(put.stamp))
        if put.expires_at is None:
            return Statement(inserts.plain, values)
        expires = put.expires_at + EXPIRY_MARGIN
        ttl = max(1, int(expires - self._now))
        if ttl > LONGEST_TTL or expires > LAST_EXPIRY:
            return Statement(inserts.plain, values)
        values.append(encode_int(ttl))
        return Statement(inserts.expiring, values)

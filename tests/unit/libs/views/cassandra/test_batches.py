"""Batches stay within Cassandra's bounds, and what is refused is told row by row."""

import time
from uuid import UUID, uuid4

import msgspec
from cassandra.metadata import Metadata
from cassandra.query import PreparedStatement

from libs.cassandra.replicas import Replicas
from libs.views import Put, Table
from libs.views.cassandra.batches import BATCH_BYTES, BATCH_ROWS, Batch, Batcher
from libs.views.cassandra.statements import Statements
from libs.views.cassandra.tables import Inserts
from libs.views.port import EXPIRY_MARGIN


class Row(msgspec.Struct, frozen=True):
    id: UUID
    text: str


TABLE = Table("test.rows", Row, partition=["id"])


def _prepared() -> PreparedStatement:
    return PreparedStatement([], b"id", None, "INSERT", "ks", 5, [], b"")


PLAIN, EXPIRING = _prepared(), _prepared()


def _batches(puts: list[Put], now: float = 0.0) -> list[Batch]:
    inserts = {TABLE: Inserts(Statements("ks", TABLE), PLAIN, EXPIRING)}
    return list(Batcher(inserts, Replicas(Metadata(), "ks"), now).batches(puts))


def test_batches_are_bounded_in_rows() -> None:
    sizes = [len(batch.puts) for batch in _batches([Put(TABLE, Row(uuid4(), ""), 1)] * (2 * BATCH_ROWS + 1))]
    assert sizes == [BATCH_ROWS, BATCH_ROWS, 1]


def test_batches_are_bounded_in_bytes() -> None:
    batches = _batches([Put(TABLE, Row(uuid4(), "x" * 9_000), 1)] * 10)
    assert [len(batch.puts) for batch in batches] == [4, 4, 2]
    assert all(batch.bytes <= BATCH_BYTES for batch in batches)


def test_a_row_above_the_bound_of_a_batch_goes_alone() -> None:
    rows = [Row(uuid4(), "x" * size) for size in (10, 100_000, 10)]
    assert [len(batch.puts) for batch in _batches([Put(TABLE, row, 1) for row in rows])] == [1, 1, 1]


def test_the_stamp_and_the_time_to_live_follow_the_columns() -> None:
    now = time.time()
    puts = [Put(TABLE, Row(uuid4(), ""), 7), Put(TABLE, Row(uuid4(), ""), 8, int(now) + 100)]
    (batch,) = _batches(puts, now)
    (plain, values), (expiring, more) = batch.rows
    assert (plain, expiring) == (PLAIN, EXPIRING)
    assert [int.from_bytes(value, "big") for value in (values[2], more[2])] == [7, 8]
    assert EXPIRY_MARGIN + 99 <= int.from_bytes(more[3], "big") <= EXPIRY_MARGIN + 100


def test_halves_hold_every_row_once() -> None:
    (batch,) = _batches([Put(TABLE, Row(uuid4(), str(n)), n) for n in range(7)])
    first, second = batch.halves()
    assert first.puts + second.puts == batch.puts
    assert first.rows + second.rows == batch.rows

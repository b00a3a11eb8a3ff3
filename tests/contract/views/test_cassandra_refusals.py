"""Cassandra: what the server itself refuses is cornered by halving. Our own bounds are lifted here to get there."""

import pytest

from libs.views import Put, RowRefused, bounds
from libs.views.cassandra import batches, open_views
from tests.contract.cassandra import OpenSession
from tests.contract.views.tables import EVERYTHING, everything

pytestmark = pytest.mark.servers


async def test_a_batch_too_large_is_halved_until_it_fits(
    open_session: OpenSession, migrated_keyspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_BYTES", 10 << 20)
    views = open_views(open_session(migrated_keyspace))
    rows = [everything(blob=bytes([n]) * 3_000) for n in range(100)]
    await views.write([Put(EVERYTHING, row, 1) for row in rows])
    assert await views.get_many(EVERYTHING, [(row.id,) for row in rows]) == rows


async def test_a_row_that_the_server_refuses_is_named_and_the_others_are_written(
    open_session: OpenSession, migrated_keyspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_BYTES", 100 << 20)
    monkeypatch.setattr(bounds, "MAX_ROW_BYTES", 100 << 20)
    views = open_views(open_session(migrated_keyspace))
    rows = [everything(number=n) for n in range(30)]
    puts = [Put(EVERYTHING, row, 1) for row in rows]
    puts.insert(17, Put(EVERYTHING, everything(blob=b"x" * (17 << 20)), 1))
    with pytest.raises(RowRefused) as refused:
        await views.write(puts)
    assert refused.value.put is puts[17]
    assert await views.get_many(EVERYTHING, [(row.id,) for row in rows]) == rows

"""The lock of a migration: kept for as long as it works, however long that is, and given back."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from libs.cassandra import CassandraUnavailable, Statement
from libs.cassandra.migrating import LOCK_SECONDS
from libs.views import Table
from libs.views.cassandra.migrate import drop, migrate

MIGRATION = b"migration"


class Row(msgspec.Struct, frozen=True):
    id: int


TABLES = [Table(f"test.number_{number}", Row, partition=["id"]) for number in range(6)]
SLOW = LOCK_SECONDS / 2
"""Seconds that each change of the schema takes here: all of them take much longer than the lock is held."""


class Keyspace:
    """A session of a keyspace that knows of locks and changes, and has a clock of its own."""

    settings = SimpleNamespace(keyspace="qiao", datacenter="here", replication=1)

    def __init__(self) -> None:
        self.now, self.changed = 0.0, list[str]()
        self.owner, self.until = b"", 0.0
        self.taken_at: str | None = None
        """A change during which another migration has the lock."""

    @property
    def locked(self) -> bool:
        return self.now < self.until

    async def prepare(self, text: str, **_: object) -> Any:
        return text

    async def change_schema(self, text: str) -> None:
        if "qiao.schema_" in text or "KEYSPACE" in text:
            return
        assert self.locked, f"nobody is kept out before: {text}"
        self.changed.append(text)
        self.now += SLOW
        if self.taken_at is not None and self.taken_at in text:
            self.owner, self.until = uuid4().bytes, self.now + LOCK_SECONDS

    async def execute(self, statement: Statement) -> list[tuple[object, ...]]:
        text, values = str(statement.prepared), list(statement.values)
        if "schema_locks" not in text:
            return []
        if text.startswith("INSERT"):
            return self._hold(not self.locked, values[1])
        if text.startswith("UPDATE"):
            assert values == [values[0], MIGRATION, values[0]]
            return self._hold(self._mine(values[0]), values[0])
        assert text.startswith("DELETE")
        if self._mine(values[1]):
            self.until = self.now
        return [(True,)]

    def _mine(self, owner: bytes | None) -> bool:
        return self.locked and self.owner == owner

    def _hold(self, may: bool, owner: bytes | None) -> list[tuple[object, ...]]:
        if may:
            self.owner, self.until = owner or b"", self.now + LOCK_SECONDS
        return [(may,)]


@pytest.mark.parametrize("work", [migrate, drop])
async def test_a_migration_that_takes_longer_than_its_lock_keeps_others_out_all_the_while(work: Any) -> None:
    keyspace = Keyspace()
    await work(keyspace, TABLES)
    assert len(keyspace.changed) == len(TABLES)
    assert not keyspace.locked


@pytest.mark.parametrize("work", [migrate, drop])
async def test_a_migration_that_lost_its_lock_changes_nothing_more_and_leaves_the_others(work: Any) -> None:
    keyspace = Keyspace()
    keyspace.taken_at = "number_2"
    with pytest.raises(CassandraUnavailable, match="another migration"):
        await work(keyspace, TABLES)
    assert len(keyspace.changed) == 3
    assert keyspace.locked

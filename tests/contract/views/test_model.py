"""Random puts, gets and scans answer as a plain dict would, in both twins."""

import asyncio
from collections.abc import Iterator
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from libs.views import Key, Put, Table, Views
from tests.contract.views.conftest import OpenViews
from tests.contract.views.tables import CELLS, RISING, TABLES, Cell

PLACES = [UUID(int=n << 64 | 7 << 76) for n in range(3)]
PARTITIONS = ["p", "q", "猫"]
KEYS = st.tuples(
    st.sampled_from(PARTITIONS), st.sampled_from(["", "a", "b"]), st.integers(-1, 1), st.sampled_from(PLACES)
)
CELL_TABLES = st.sampled_from([CELLS, RISING])


SETTINGS = settings(max_examples=40, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))


class Store:
    """A store behind a blocking face: state machines are not async."""

    def __init__(self, runner: asyncio.Runner, views: Views) -> None:
        self.run = runner.run
        self.views = views
        self.worlds = 0


class Model(RuleBasedStateMachine):
    """A dict of the newest row by key, and its stamp."""

    store: Store

    def __init__(self) -> None:
        super().__init__()
        self.store.worlds += 1
        self.world = f"{id(self.store)}-{self.store.worlds}-"
        self.rows: dict[Table[Cell], dict[Key, tuple[int, Cell]]] = {CELLS: {}, RISING: {}}

    @rule(table=CELL_TABLES, keys=st.lists(st.tuples(KEYS, st.integers(1, 9)), min_size=1, max_size=12))
    def write(self, table: Table[Cell], keys: list[tuple[Key, int]]) -> None:
        """Puts of one stage; a value is a function of key and stamp, so equal stamps have equal rows."""
        puts = []
        for key, stamp in keys:
            cell = Cell(self.world + str(key[0]), *key[1:], f"{key[1]} {stamp}")
            puts.append(Put(table, cell, stamp))
            standing = self.rows[table].get(table.key_of(cell), (0, cell))
            self.rows[table][table.key_of(cell)] = max(standing, (stamp, cell), key=lambda pair: pair[0])
        self.store.run(self.store.views.write(puts))

    @rule(table=CELL_TABLES, key=KEYS)
    def get(self, table: Table[Cell], key: Key) -> None:
        assert self.store.run(self.store.views.get(table, *self._named(key))) == self._row(table, key)

    @rule(table=CELL_TABLES, keys=st.lists(KEYS, max_size=8))
    def get_many(self, table: Table[Cell], keys: list[Key]) -> None:
        found = self.store.run(self.store.views.get_many(table, [self._named(key) for key in keys]))
        assert found == [self._row(table, key) for key in keys]

    @rule(key=KEYS, prefix=st.integers(0, 3), after=st.integers(0, 3), limit=st.integers(1, 10))
    def scan_up(self, key: Key, prefix: int, after: int, limit: int) -> None:
        after = min(after, 3 - prefix)
        fixed, cursor = key[1 : 1 + prefix], key[1 + prefix : 1 + prefix + after]
        wanted = [
            row
            for row in self._partition(RISING, key)
            if _place(row)[:prefix] == fixed and (not after or _place(row)[prefix : prefix + after] > cursor)
        ]
        partition = self._named(key)[:1]
        found = self.store.views.scan(RISING, partition, prefix=fixed, after=cursor, limit=limit)
        assert self.store.run(found) == sorted(wanted, key=_place)[:limit]

    @rule(key=KEYS, depth=st.integers(0, 2), limit=st.integers(1, 10))
    def scan_down(self, key: Key, depth: int, limit: int) -> None:
        kind, cursor = key[1], key[2 : 2 + depth]
        wanted = [
            row
            for row in self._partition(CELLS, key)
            if row.kind == kind and (not depth or (row.row, row.place)[:depth] < cursor)
        ]
        partition = self._named(key)[:1]
        found = self.store.views.scan(CELLS, partition, prefix=(kind,), after=cursor, limit=limit)
        assert self.store.run(found) == sorted(wanted, key=_place, reverse=True)[:limit]

    @rule(limit=st.integers(1, 5), kind=st.sampled_from(["", "a", "b"]))
    def scan_many(self, limit: int, kind: str) -> None:
        partitions = [(self.world + name,) for name in PARTITIONS]
        found = self.store.run(self.store.views.scan_many(RISING, partitions, prefix=(kind,), limit=limit))
        for name, rows in zip(PARTITIONS, found, strict=True):
            wanted = [row for row in self._partition(RISING, (name,)) if row.kind == kind]
            assert rows == sorted(wanted, key=_place)[:limit]

    def _named(self, key: Key) -> Key:
        return (self.world + str(key[0]), *key[1:])

    def _row(self, table: Table[Cell], key: Key) -> Cell | None:
        found = self.rows[table].get(self._named(key))
        return found[1] if found else None

    def _partition(self, table: Table[Cell], key: Key) -> list[Cell]:
        sheet = self.world + str(key[0])
        return [cell for _, cell in self.rows[table].values() if cell.sheet == sheet]


def _place(cell: Cell) -> Key:
    return (cell.kind, cell.row, cell.place)


@pytest.fixture
def store(shared_store: OpenViews) -> Iterator[Store]:
    with asyncio.Runner() as runner:
        views = runner.run(shared_store())
        runner.run(views.migrate(TABLES))
        yield Store(runner, views)
        runner.run(views.close())


def test_random_histories_answer_as_a_dict_would(store: Store) -> None:
    class Here(Model):
        pass

    Here.store = store
    run_state_machine_as_test(Here, settings=SETTINGS)  # type: ignore[no-untyped-call]

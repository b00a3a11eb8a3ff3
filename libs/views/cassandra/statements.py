"""The CQL of one table. Every text is prepared once for each session."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Generic, TypeVar

import msgspec

from libs.cassandra.encoding import composite_key
from libs.views.cassandra.forms import CQL_TYPES, FORMS
from libs.views.requests import Slice
from libs.views.rows import RowCodec, getter
from libs.views.table import Table

R = TypeVar("R", bound=msgspec.Struct)


class Statements(Generic[R]):
    """A table's codec and its statements. The write stamp is the cells' own timestamp, expiry their time to live."""

    def __init__(self, keyspace: str, table: Table[R]) -> None:
        """Names are qualified: a session is made before its keyspace may exist."""
        self.table = table
        self.codec = RowCodec(table, FORMS)
        self.key_of = getter(table.key)
        self.name = qualified(keyspace, table.name)
        self.insert = f"{self._insert()} USING TIMESTAMP ?"
        self.insert_expiring = f"{self._insert()} USING TIMESTAMP ? AND TTL ?"
        self.get = f"{self._select()} WHERE {_equal(table.key)}"
        self.scan = cache(self._scan)
        self.scan_many = cache(self._scan_many)
        self._partition = [table.columns.index(column) for column in table.partition]

    def routing_key(self, values: Sequence[bytes]) -> bytes:
        """The encoded partition key of a row whose encoded columns these are."""
        if len(self._partition) == 1:
            return values[self._partition[0]]
        return composite_key([values[position] for position in self._partition])

    def _insert(self) -> str:
        return f"INSERT INTO {self.name} ({_list(self.table.columns)}) VALUES ({_marks(self.table.columns)})"  # noqa: S608

    def _select(self) -> str:
        return f"SELECT {_list(self.table.columns)} FROM {self.name}"  # noqa: S608

    def _scan(self, wanted: Slice) -> str:
        where = _equal(wanted.fixed)
        if wanted.behind:
            sign = "<" if wanted.descending else ">"
            where += f" AND ({_list(wanted.behind)}) {sign} ({_marks(wanted.behind)})"
        return f"{self._select()} WHERE {where} LIMIT ?"

    def _scan_many(self, wanted: Slice) -> str:
        """The first rows of many partitions, told by one column."""
        (partition,), rest = self.table.partition, wanted.fixed[1:]
        where = " AND ".join([f"{quoted(partition)} IN ?", *(f"{quoted(column)} = ?" for column in rest)])
        return f"{self._select()} WHERE {where} PER PARTITION LIMIT ?"

    def get_partitions(self) -> str:
        """Rows with one clustering key in many partitions, told by one column."""
        (partition,) = self.table.partition
        rest = "".join(f" AND {quoted(column.column)} = ?" for column in self.table.clustering)
        return f"{self._select()} WHERE {quoted(partition)} IN ?{rest}"

    def get_clusterings(self) -> str:
        """Many rows of one partition."""
        columns = [column.column for column in self.table.clustering]
        behind = quoted(columns[0]) if len(columns) == 1 else f"({_list(columns)})"
        return f"{self._select()} WHERE {_equal(self.table.partition)} AND {behind} IN ?"


def create(keyspace: str, table: Table[msgspec.Struct]) -> str:
    """Makes the table. Unified compaction: time windows do not work with stamps that are offsets."""
    columns = ", ".join(f"{quoted(name)} {CQL_TYPES[table.types[name]]}" for name in table.columns)
    key = ", ".join([f"({_list(table.partition)})", *(quoted(column.column) for column in table.clustering)])
    options = ["compaction = {'class': 'UnifiedCompactionStrategy'}"]
    if table.clustering:
        order = ", ".join(f"{quoted(one.column)} {'DESC' if one.descending else 'ASC'}" for one in table.clustering)
        options.insert(0, f"CLUSTERING ORDER BY ({order})")
    name = qualified(keyspace, table.name)
    return f"CREATE TABLE IF NOT EXISTS {name} ({columns}, PRIMARY KEY ({key})) WITH {' AND '.join(options)}"


def add_column(keyspace: str, table: Table[msgspec.Struct], name: str) -> str:
    """Adds a column that earlier rows lack."""
    kind = CQL_TYPES[table.types[name]]
    return f"ALTER TABLE {qualified(keyspace, table.name)} ADD IF NOT EXISTS {quoted(name)} {kind}"


def qualified(keyspace: str, table: str) -> str:
    """The name of a declared table in CQL: `service.table` is service_table."""
    return f"{keyspace}.{quoted(table.replace('.', '_'))}"


def quoted(name: str) -> str:
    """An identifier. Declared names hold neither quotes nor capitals, but may be words of CQL."""
    return f'"{name}"'


def _list(columns: Iterable[str]) -> str:
    return ", ".join(map(quoted, columns))


def _equal(columns: Iterable[str]) -> str:
    return " AND ".join(f"{quoted(column)} = ?" for column in columns)


def _marks(columns: Iterable[str]) -> str:
    return ", ".join("?" for _ in columns)

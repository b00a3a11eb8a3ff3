"""Reads: prepared, named columns, within one partition or by IN over partitions on the same nodes."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterator, Sequence
from typing import Final, TypeVar

import msgspec

from libs.cassandra.encoding import encode_int, encode_list, encode_tuple
from libs.telemetry import spans
from libs.views.cassandra.statements import Statements
from libs.views.cassandra.tables import Tables
from libs.views.port import Reads
from libs.views.requests import check_key, check_many, check_partition, slice_of
from libs.views.table import Key, Table

R = TypeVar("R", bound=msgspec.Struct)

CHUNK = 64
"""Keys in one IN: one coordinator answers for all of them."""

MAX_LIMIT = 2**31 - 1

SYSTEM: Final = "cassandra"
"""What spans call this twin."""


class CassandraReads(Reads):
    """The reading half of the Cassandra twin."""

    def __init__(self, tables: Tables) -> None:
        """`tables` is shared with the writing half."""
        self._tables = tables

    async def get(self, table: Table[R], *key: object) -> R | None:
        """See the port."""
        check_key(table, key)
        statements = self._tables.of(table)
        bound = statements.codec.encode_key(table.key, key)
        if b"" in bound[: len(table.partition)]:
            return None
        with spans.view(SYSTEM, "get", table.name):
            rows = await self._tables.execute(statements.get, bound)
        return statements.codec.decode(rows)[0] if rows else None

    async def get_many(self, table: Table[R], keys: Sequence[Key]) -> list[R | None]:
        """See the port. Keys are gathered into as few IN as their partitions and clustering allow."""
        check_many(table, keys)
        for key in keys:
            check_key(table, key)
        statements = self._tables.of(table)
        with spans.view(SYSTEM, "get_many", table.name, len(keys)):
            answers = await _all(self._lookups(statements, list(dict.fromkeys(keys))))
        found = {statements.key_of(row): row for rows in answers for row in rows}
        return [found.get(key) for key in keys]

    async def scan(self, table: Table[R], partition: Key, *, prefix: Key = (), after: Key = (), limit: int) -> list[R]:
        """See the port."""
        check_partition(table, partition)
        with spans.view(SYSTEM, "scan", table.name):
            return await self._scan(self._tables.of(table), partition, prefix, after, limit)

    async def _scan(self, statements: Statements[R], partition: Key, prefix: Key, after: Key, limit: int) -> list[R]:
        table = statements.table
        wanted = slice_of(table, len(prefix), len(after), limit)
        bound = statements.codec.encode_key(wanted.columns, (*partition, *prefix, *after))
        if b"" in bound[: len(partition)]:
            return []
        rows = await self._tables.execute(statements.scan(wanted), [*bound, encode_int(min(limit, MAX_LIMIT))])
        return statements.codec.decode(rows)

    async def scan_many(
        self, table: Table[R], partitions: Sequence[Key], *, prefix: Key = (), limit: int
    ) -> list[list[R]]:
        """See the port."""
        check_many(table, partitions)
        for partition in partitions:
            check_partition(table, partition)
        with spans.view(SYSTEM, "scan_many", table.name, len(partitions)):
            asked, statements = list(dict.fromkeys(partitions)), self._tables.of(table)
            if len(table.partition) > 1:
                scans = [self._scan(statements, partition, prefix, (), limit) for partition in asked]
                found = dict(zip(asked, await _all(scans), strict=True))
            else:
                found = await self._scan_by_in(statements, asked, prefix, limit)
        return [found.get(partition, []) for partition in partitions]

    async def _scan_by_in(
        self, statements: Statements[R], partitions: Sequence[Key], prefix: Key, limit: int
    ) -> dict[Key, list[R]]:
        wanted = slice_of(statements.table, len(prefix), 0, limit)
        (column,) = statements.table.partition
        text = statements.scan_many(wanted)
        rest = [*statements.codec.encode_key(wanted.fixed[1:], prefix), encode_int(min(limit, MAX_LIMIT))]
        chunks = self._chunks(statements, [partition[0] for partition in partitions])
        answers = await _all([self._rows(statements, text, chunk, rest) for chunk in chunks])
        found: defaultdict[Key, list[R]] = defaultdict(list)
        for rows in answers:
            for row in rows:
                found[(getattr(row, column),)].append(row)
        return found

    def _lookups(self, statements: Statements[R], keys: Sequence[Key]) -> list[Awaitable[list[R]]]:
        """By clustering key over many partitions, or by partition: whichever needs fewer requests."""
        width = len(statements.table.partition)
        by_partition: defaultdict[Key, list[Key]] = defaultdict(list)
        by_clustering: defaultdict[Key, list[Key]] = defaultdict(list)
        for key in keys:
            by_partition[key[:width]].append(key[width:])
            by_clustering[key[width:]].append(key[:width])
        if width == 1 and len(by_clustering) <= len(by_partition):
            return [one for rest, found in by_clustering.items() for one in self._across(statements, found, rest)]
        return [one for partition, found in by_partition.items() for one in self._within(statements, partition, found)]

    def _across(self, statements: Statements[R], partitions: Sequence[Key], rest: Key) -> Iterator[Awaitable[list[R]]]:
        """Rows with one clustering key in many partitions."""
        text = statements.get_partitions()
        columns = statements.table.key[1:]
        bound = statements.codec.encode_key(columns, rest)
        for chunk in self._chunks(statements, [partition[0] for partition in partitions]):
            yield self._rows(statements, text, chunk, bound)

    def _within(self, statements: Statements[R], partition: Key, rest: Sequence[Key]) -> Iterator[Awaitable[list[R]]]:
        """Many rows of one partition."""
        columns = statements.table.key[len(partition) :]
        bound = statements.codec.encode_key(statements.table.partition, partition)
        if b"" in bound:
            return
        one = len(columns) == 1
        for start in range(0, len(rest), CHUNK):
            keys = [statements.codec.encode_key(columns, key) for key in rest[start : start + CHUNK]]
            behind = encode_list([key[0] if one else encode_tuple(key) for key in keys])
            yield self._decoded(statements, statements.get_clusterings(), [*bound, behind])

    def _chunks(self, statements: Statements[R], partitions: Sequence[object]) -> Iterator[list[bytes]]:
        """Encoded partitions, told by one column, that live on the same nodes."""
        replicas = self._tables.session.replicas
        replicas.refresh()
        encoded = statements.codec.encode_all(statements.table.partition[0], partitions)
        groups: defaultdict[int, list[bytes]] = defaultdict(list)
        for partition in filter(None, encoded):
            groups[replicas.group_of(partition)].append(partition)
        for group in groups.values():
            for start in range(0, len(group), CHUNK):
                yield group[start : start + CHUNK]

    async def _rows(self, statements: Statements[R], text: str, chunk: list[bytes], rest: list[bytes]) -> list[R]:
        return await self._decoded(statements, text, [encode_list(chunk), *rest], routing_key=chunk[0])

    async def _decoded(
        self, statements: Statements[R], text: str, bound: list[bytes], routing_key: bytes | None = None
    ) -> list[R]:
        return statements.codec.decode(await self._tables.execute(text, bound, routing_key))


async def _all(requests: Sequence[Awaitable[list[R]]]) -> list[list[R]]:
    """The answers, in order. One request alone, the usual case, needs no task."""
    return [await requests[0]] if len(requests) == 1 else await asyncio.gather(*requests)

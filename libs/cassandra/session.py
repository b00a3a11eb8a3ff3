"""One driver session for one event loop, shared by the views and the vault."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from time import perf_counter

from cassandra import ConsistencyLevel
from cassandra.cluster import Cluster, NoHostAvailable, Session
from cassandra.policies import FallthroughRetryPolicy
from cassandra.query import BatchStatement, BatchType, BoundStatement, PreparedStatement, SimpleStatement

from libs.cassandra.bridge import Bridge, Rows
from libs.cassandra.connecting import REQUEST_TIMEOUT, new_cluster, try_until
from libs.cassandra.contacts import Contacts
from libs.cassandra.errors import PASSING, CassandraUnavailable, unavailable
from libs.cassandra.replicas import Replicas
from libs.cassandra.settings import CassandraSettings
from libs.cassandra.statements import BatchRow, Operation, Statement, Use, bind, operation_of
from libs.telemetry import metrics

IN_FLIGHT = 512
"""Requests under way at once; the rest waits. A connection carries 32,768."""

SCHEMA_TIMEOUT = 30.0
"""Seconds for a change of the schema, which every node has to agree on."""

CLOSE_TIMEOUT = 10.0

_SYSTEM = "cassandra"


async def connect(settings: CassandraSettings, *, timeout: float = 30.0) -> "CassandraSession":
    """Connect, and keep trying for `timeout` seconds. Raises CassandraUnavailable; CassandraRefused at once."""
    cluster, session = await try_until(lambda: new_cluster(settings), timeout)
    return CassandraSession(settings, cluster, session)


class CassandraSession:
    """Made by `connect`. Every request raises CassandraUnavailable, or what the server has against it."""

    def __init__(self, settings: CassandraSettings, cluster: Cluster, session: Session) -> None:
        """Takes over the cluster and its session."""
        self.settings = settings
        self.replicas = Replicas(cluster.metadata, settings.keyspace)
        self._cluster = cluster
        self._session = session
        self._contacts = Contacts(cluster, settings)
        self._bridge = Bridge(asyncio.get_running_loop())
        self._prepared: dict[str, asyncio.Task[PreparedStatement]] = {}
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    async def prepare(self, text: str, *, use: Use = Use.PLAIN) -> PreparedStatement:
        """Prepared once for each text."""
        task = self._prepared.get(text)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._prepared[text] = asyncio.ensure_future(self._prepare(text, use))
        return task.result() if task.done() else await asyncio.shield(task)

    async def _prepare(self, text: str, use: Use) -> PreparedStatement:
        try:
            prepared = await asyncio.to_thread(self._session.prepare, text)
        except PASSING as error:
            raise unavailable(error) from error
        prepared.is_idempotent = use is not Use.CONDITION
        if use is Use.CONDITION:
            prepared.retry_policy = FallthroughRetryPolicy()
        if use is Use.SERIAL_READ:
            prepared.consistency_level = ConsistencyLevel.LOCAL_SERIAL
        return prepared

    async def execute(self, statement: Statement) -> Rows:
        """Send one prepared statement; all rows that it answers with."""
        return await self._send(bind(statement), operation_of(statement.prepared))

    async def execute_batch(self, rows: Sequence[BatchRow], routing_key: bytes) -> None:
        """Send rows together, unlogged: each stands for itself. `routing_key` leads to nodes that hold them."""
        batch = BatchStatement(BatchType.UNLOGGED)
        batch.routing_key = routing_key
        batch.keyspace = self.settings.keyspace
        batch.is_idempotent = True
        bound: dict[int, BoundStatement] = {}
        for prepared, values in rows:
            one = bound.get(id(prepared))
            if one is None:
                one = bound[id(prepared)] = BoundStatement(prepared)
            # The batch takes the values only: one bound statement does for all rows of a table.
            one.values = values
            batch.add(one)
        await self._send(batch, "write")

    async def change_schema(self, text: str) -> None:
        """Run a statement of the data definition language; returns when every node has agreed."""
        await self._send(SimpleStatement(text), "schema", SCHEMA_TIMEOUT)

    async def query(self, text: str) -> Rows:
        """Run a statement as it is: for what is asked once."""
        return await self._send(SimpleStatement(text), "read")

    async def local_datacenter(self) -> str:
        """The datacenter of the node that answers."""
        return str((await self.query("SELECT data_center FROM system.local"))[0][0])

    async def _send(self, statement: object, operation: Operation, timeout: float = REQUEST_TIMEOUT) -> Rows:
        """The time is told with the wait for a slot: that is how long Cassandra takes, seen from here."""
        began = perf_counter()
        try:
            rows = await self._answered(statement, timeout)
        except CassandraUnavailable as error:
            metrics.store_failed(_SYSTEM, operation)
            if isinstance(error.__cause__, NoHostAvailable):
                self._contacts.nobody_answers()
            raise
        metrics.store_called(_SYSTEM, operation, perf_counter() - began)
        return rows

    async def _answered(self, statement: object, timeout: float) -> Rows:
        async with self._slots:
            if self._closed:
                raise CassandraUnavailable("cassandra: the session is closed")
            self._in_flight += 1
            self._idle.clear()
            try:
                return await self._bridge.future(self._session.execute_async(statement, timeout=timeout))
            finally:
                self._in_flight -= 1
                if not self._in_flight:
                    self._idle.set()

    async def close(self) -> None:
        """Wait for what is in flight (bounded), then let go. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._idle.wait()
        await self._contacts.close()
        await asyncio.to_thread(self._cluster.shutdown)

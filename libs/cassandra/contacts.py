"""Nodes that came back at another address.

The driver resolves the names that it is given once, and hears of new addresses from the nodes that it reaches. Where it
reaches none, because all of them were restarted in containers, it would try their old addresses for ever.
"""

import asyncio
import logging
import socket
from collections.abc import Iterator

from cassandra.cluster import Cluster
from cassandra.connection import DefaultEndPoint

from libs.cassandra.settings import CassandraSettings

LOOK_EVERY = 1.0
"""Seconds between two looks."""

log = logging.getLogger(__name__)


class Contacts:
    """Looks the contact points up again while no node is reached. For one event loop."""

    def __init__(self, cluster: Cluster, settings: CassandraSettings) -> None:
        """`settings` name the contact points."""
        self._cluster, self._settings = cluster, settings
        self._looking: asyncio.Task[None] | None = None
        self._look_at = 0.0

    def nobody_answers(self) -> None:
        """Look, unless that is being done or was done just now."""
        now = asyncio.get_running_loop().time()
        if now >= self._look_at and (self._looking is None or self._looking.done()):
            self._look_at = now + LOOK_EVERY
            self._looking = asyncio.create_task(self._look(), name="cassandra contact points")

    async def _look(self) -> None:
        try:
            await asyncio.to_thread(self._add_moved)
        except Exception as error:  # noqa: BLE001 - whatever the driver raises, the next look may do better
            log.warning("cassandra: its addresses could not be looked up: %r", error)

    def _add_moved(self) -> None:
        """Blocking. Tells the driver of addresses that it does not know; it tries them as it does others."""
        known = {host.endpoint for host in self._cluster.metadata.all_hosts()}
        for endpoint in {*self._endpoints()} - known:
            log.info("cassandra: trying a new address, %s", endpoint)
            self._cluster.add_host(endpoint, signal=True)

    def _endpoints(self) -> Iterator[DefaultEndPoint]:
        port = self._settings.port
        for name in self._settings.hosts:
            try:
                found = socket.getaddrinfo(name, port, socket.AF_UNSPEC, socket.SOCK_STREAM)
            except socket.gaierror:
                continue  # a node that is not there yet may have no name yet
            yield from (DefaultEndPoint(address[0], port) for *_, address in found)

    async def close(self) -> None:
        """Wait for a look that is under way: the driver bounds it by its own time-outs."""
        if self._looking is not None:
            await self._looking

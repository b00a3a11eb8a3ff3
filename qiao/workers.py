"""The workers' role: a host for each projection, all in one process or each in its own."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from libs.log import Publisher
from libs.projections import FoldStores, Host, Moves
from qiao.audit.background import auditing
from qiao.services import projections
from qiao.settings import Settings
from qiao.stores import Stores

log = logging.getLogger(__name__)


class Workers:
    """Hosts that run. `failed` is done as soon as one of them ends by itself."""

    def __init__(self, hosts: Sequence[Host], moves: Moves) -> None:
        """Starts a task for each host; `moves` hears whenever one of them has folded something."""
        self.hosts, self.moves = hosts, moves
        self._tasks = [asyncio.create_task(host.run(), name=f"host {host.projection.name}") for host in hosts]
        self.failed = asyncio.create_task(self._first_end(), name="watch hosts")

    async def _first_end(self) -> None:
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def stop(self) -> None:
        """Let every host finish the batches in hand. Raises what ended one of them."""
        self.failed.cancel()
        for host in self.hosts:
            host.stop()
        results = await asyncio.gather(*self._tasks, self.failed, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result


@asynccontextmanager
async def running_workers(settings: Settings, stores: Stores, names: Sequence[str] = ()) -> AsyncIterator[Workers]:
    """Run the projections of these services (of all where none is named) for as long as the block lasts.

    Their tables are there by now (`migration`). Raises what ends a host.
    """
    wanted, moves = projections(settings, names), Moves()
    instance = settings.instance or socket.gethostname()
    hosts = [
        Host(
            projection,
            FoldStores(
                stores.log, stores.store, Publisher(stores.log, stores.keys, f"/{projection.name}"), moves.moved
            ),
            stores.vault,
            instance=instance,
        )
        for projection in wanted
    ]
    workers = Workers(hosts, moves)
    try:
        async with auditing(settings, stores, wanted):
            yield workers
    finally:
        await workers.stop()

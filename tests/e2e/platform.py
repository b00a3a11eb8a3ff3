"""The real system in this process, on a thread and a loop of its own: all that `qiao up` composes."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec

from qiao import migration
from qiao.gateway import gateway_server
from qiao.settings import Settings
from qiao.stores import Stores, open_stores
from qiao.workers import Workers, running_workers

T = TypeVar("T")

TIMEOUT = 60.0


class Platform:
    """Enter `running` on a loop; then the rest may be used, from other threads too."""

    stores: Stores
    workers: Workers
    url: str

    def __init__(self, settings: Settings) -> None:
        """Listens on any free port."""
        self.settings = settings

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Yields the base address of its gateway."""
        self._loop = asyncio.get_running_loop()
        async with open_stores(self.settings) as self.stores:
            await migration.migrate(self.stores, self.settings)
            async with running_workers(self.settings, self.stores) as self.workers:
                server = gateway_server(self.settings, self.stores, workers=self.workers)
                await server.start()
                self.url = f"http://127.0.0.1:{server.port}"
                try:
                    yield self.url
                finally:
                    await server.drain()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run this on the platform's loop, from another thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(TIMEOUT)

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables by which a command finds the same stores and gateway."""
        changed = {
            name: str(value)
            for name, value in msgspec.structs.asdict(self.settings).items()
            if value != getattr(Settings(), name)
        }
        address = {"listen": self.url.removeprefix("http://")}
        return {f"QIAO_{name.upper()}": value for name, value in (changed | address).items()}

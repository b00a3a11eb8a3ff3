"""The whole platform on the embedded default, in this process, on any free port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from qiao import migration
from qiao.gateway import gateway_server
from qiao.settings import Settings
from qiao.stores import open_stores
from qiao.workers import running_workers


@asynccontextmanager
async def qiao_gateway(directory: Path) -> AsyncIterator[str]:
    """Its base address, once it serves."""
    settings = Settings(data=str(directory), listen="127.0.0.1:0", rate_limits="off")
    async with open_stores(settings) as stores:
        await migration.migrate(stores, settings)
        async with running_workers(settings, stores) as workers:
            server = gateway_server(settings, stores, hosts=workers.hosts)
            await server.start()
            try:
                yield f"http://127.0.0.1:{server.port}"
            finally:
                await server.drain()

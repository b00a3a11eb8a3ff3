"""A worker says how it is, and what it counted, where QIAO_METRICS_LISTEN wants it."""

from pathlib import Path

import pytest
from aiohttp import ClientSession

from qiao import migration
from qiao.gateway import health_server
from qiao.settings import load
from qiao.stores import open_stores
from qiao.workers import running_workers
from tests.waiting import eventually


@pytest.mark.slow
async def test_a_workers_health_names_its_projections_and_shows_their_metrics(tmp_path: Path) -> None:
    settings = load({"QIAO_DATA": str(tmp_path), "QIAO_METRICS_LISTEN": "127.0.0.1:0"})
    async with open_stores(settings) as stores:
        await migration.migrate(stores, settings)
        async with running_workers(settings, stores, ["feeds"]) as workers, ClientSession() as client:
            server = health_server(settings, stores, workers.hosts)
            await server.start()
            url = f"http://127.0.0.1:{server.port}"

            async def ready() -> bool:
                async with client.get(f"{url}/readyz") as answer:
                    return (await answer.json())["ready"] is True

            await eventually(ready)
            async with client.get(f"{url}/readyz") as answer:
                assert "projection feeds" in (await answer.json())["checks"]
            async with client.get(f"{url}/metrics") as answer:
                assert "qiao_projection_lag_events" in await answer.text()
            async with client.get(f"{url}/v1/home") as answer:
                assert answer.status == 404
            await server.drain()

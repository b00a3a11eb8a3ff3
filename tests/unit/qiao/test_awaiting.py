"""A process may start before `qiao migrate` is done: it waits for what that makes, and not for ever."""

import asyncio
from pathlib import Path

import pytest

from libs.views import SchemaOutdated, ViewsUnavailable
from qiao import migration
from qiao.settings import Settings
from qiao.stores import open_stores

NOT_MIGRATED = (SchemaOutdated, ViewsUnavailable)
"""The vault, which tells where the tables are, comes first and may not be there either."""


@pytest.mark.slow
async def test_a_process_that_starts_before_migrate_waits_until_it_is_done(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path), start_timeout=60)
    async with open_stores(settings) as stores:
        with pytest.raises(NOT_MIGRATED):
            await migration.verify(stores, settings)
        waiting = asyncio.create_task(migration.awaited(stores, settings))
        await migration.migrate(stores, settings)
        await asyncio.wait_for(waiting, 30)


async def test_it_ends_naming_migrate_and_the_setting_once_its_time_is_over(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path), start_timeout=0)
    async with open_stores(settings) as stores:
        with pytest.raises(NOT_MIGRATED, match=r"`qiao migrate`.*; tried for 0 s, QIAO_START_TIMEOUT"):
            await migration.awaited(stores, settings, ["feeds"])

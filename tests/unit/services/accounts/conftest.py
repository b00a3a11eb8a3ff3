"""Accounts over real embedded stores, and a vault and a log that can be cut off at any step."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.log import TopicSpec
from libs.log.embedded import open_log
from libs.projections import SYSTEM_TABLES
from libs.vault.sqlite import open_vault
from libs.views.sqlite import open_views
from services.accounts.tables import TABLES
from tests.unit.services.accounts.town import Clock, Town


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def town(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    monkeypatch.setattr("services.accounts.passwords.MEMORY_KIB", 64)  # most tests are not about the cost of a hash
    monkeypatch.setattr("services.accounts.passwords.PASSES", 1)
    log = await open_log(tmp_path / "log.db")
    vault = await open_vault(tmp_path / "vault.db", clock=clock)
    views = await open_views(tmp_path / "views.db")
    await vault.migrate()
    await views.migrate([*TABLES, *SYSTEM_TABLES])
    await log.create([TopicSpec("accounts", 1), TopicSpec("relationships", 1)])
    yield Town(log, vault, views)
    await log.close()
    await vault.close()
    await views.close()

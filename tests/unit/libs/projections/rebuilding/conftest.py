"""A lab for each test, and a host that looks up often."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.libs.projections.conftest import no_waiting
from tests.unit.libs.projections.lab import Lab, open_lab

__all__ = ["no_waiting"]


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    async with open_lab(tmp_path) as lab:
        yield lab


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.projections.host.POLL_TIMEOUT", 0.02)
    monkeypatch.setattr("libs.projections.host.LOOK_EVERY", 0.02)
    monkeypatch.setattr("libs.projections.worker.LOOK_FOR_REQUESTS", 0.05)
    monkeypatch.setattr("libs.projections.rebuilding.rebuild.READ_FOR", 0.0)
    monkeypatch.setattr("libs.projections.rebuilding.throttle.LEAST_PAUSE", 0.0)
    monkeypatch.setattr("libs.projections.generations.serving.LOOK_EVERY", 0.02)

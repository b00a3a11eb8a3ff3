"""A lab for each test, and retries that do not wait."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import stamina

from tests.unit.libs.projections.lab import Lab, open_lab


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    async with open_lab(tmp_path) as lab:
        yield lab


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Retries come at once, and never end, as in earnest."""
    with stamina.set_testing(True, attempts=sys.maxsize):
        yield

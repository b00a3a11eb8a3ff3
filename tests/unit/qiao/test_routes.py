"""Read your own writes, everywhere: every write tells where it stands in the log, every read can wait for that."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

import pytest

from libs.http import Answer, Done, Route, Tokens
from qiao.debugging import debug_routes
from qiao.services import SERVICES, routes
from qiao.settings import Settings
from qiao.stores import open_stores

OF_THE_VAULT_ALONE = {"POST /v1/sessions", "POST /v1/sessions/refresh", "POST /v1/sessions/end"}
"""Sessions are no fold of the log: the vault knows of them at once, everywhere. They have no position to tell."""


@pytest.fixture
async def every_route(tmp_path: Path) -> AsyncIterator[Sequence[Route]]:
    settings = Settings(data=str(tmp_path))
    async with open_stores(settings) as stores:
        yield [*routes(stores, Tokens({"k1": bytes(32)})), *debug_routes(settings, stores)]


async def test_every_read_can_wait_for_ones_own_write(every_route: Sequence[Route]) -> None:
    reads = [route for route in every_route if not route.writes]
    assert reads
    assert [route.name for route in reads if not route.waits_for] == []


async def test_every_wait_is_for_projections_that_there_are(every_route: Sequence[Route]) -> None:
    assert {name for route in every_route for name in route.waits_for} <= SERVICES.keys()


async def test_every_write_to_the_log_tells_its_position(every_route: Sequence[Route]) -> None:
    writes = [route for route in every_route if route.writes and route.name not in OF_THE_VAULT_ALONE]
    assert writes
    assert [route.name for route in writes if not _may_tell(route)] == []
    assert {route.name for route in every_route} >= OF_THE_VAULT_ALONE


def _may_tell(route: Route) -> bool:
    """Whether its handler returns what has a position."""
    returned = get_type_hints(route.handler)["return"]
    return any(part is Done or get_origin(part) is Answer for part in get_args(returned) or [returned])

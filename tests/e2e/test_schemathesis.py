"""Every answer is one that the OpenAPI document declares, whatever is asked; none is a 5xx."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
import schemathesis
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.schemas import OpenApiSchema

from libs.http import Cursors, Positions, Tokens, Waits
from libs.log import Place
from libs.vault.sqlite import open_vault
from services.gateway.app import build_app
from services.gateway.health import Lifecycle
from services.gateway.idempotency import Idempotency
from services.gateway.parts import Parts
from services.gateway.server import Listening, Server
from tests.e2e import fuzzing
from tests.e2e.serving import in_thread
from tests.unit.services.gateway.notes import Notes, routes

SECRET = b"a secret of the tests, 32 bytes."


@asynccontextmanager
async def notes_gateway(directory: Path) -> AsyncIterator[str]:
    """The gateway over the tiny service of the unit tests."""
    notes, lifecycle = Notes(), Lifecycle()
    notes.folded = 1_000_000
    vault = await open_vault(directory / "vault.db")
    await vault.migrate()
    parts = Parts(
        routes=routes(notes),
        tokens=Tokens({"k1": SECRET}),
        cursors=Cursors([SECRET]),
        positions=Positions([SECRET]),
        waits=Waits(notes, {"notes": ["notes"]}),
        idempotency=Idempotency(vault, SECRET),
        checks={},
        lifecycle=lifecycle,
    )
    server = Server(build_app(parts), lifecycle, Listening(port=0))
    await server.start()
    yield f"http://127.0.0.1:{server.port}"
    await server.drain()
    await vault.close()


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenApiSchema]:
    """What the gateway says of itself."""
    with in_thread(partial(notes_gateway, tmp_path_factory.mktemp("notes"))) as address:
        yield fuzzing.load(address, Positions([SECRET]).sign([Place("notes", 0, 1)]))


@pytest.fixture(scope="module")
def token() -> str:
    """Someone who is signed in."""
    return Tokens({"k1": SECRET}).issue(uuid4())


@pytest.fixture(autouse=True)
def node_id(request: pytest.FixtureRequest) -> None:
    """Schemathesis looks for a name that pytest has given up."""
    request.node._nodeid = request.node.nodeid


schema = schemathesis.pytest.from_fixture("document")


@pytest.mark.timeout(300)
@schema.parametrize()
def test_every_answer_is_as_declared(case: Case, token: str) -> None:
    fuzzing.hold(case, token)

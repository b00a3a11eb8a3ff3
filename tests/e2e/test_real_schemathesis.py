"""Every answer of the real application is one that its OpenAPI document declares, whatever is asked; none is a 5xx."""

from uuid import uuid4

import pytest
import schemathesis
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.schemas import OpenApiSchema

from tests.e2e import fuzzing
from tests.e2e.client import PASSWORD
from tests.e2e.platform import Platform

pytestmark = pytest.mark.slow


def _join(platform: Platform) -> tuple[str, str]:
    """Someone's access token, and the position of their sign-up."""
    handle = f"fuzz_{uuid4().hex[:10]}"
    body = {"handle": handle, "password": PASSWORD, "display_name": "Fuzz", "reads": ["en"], "writes": "en"}
    reply = fuzzing.post(platform.url, "/v1/accounts", body)
    return reply.json()["access_token"], reply.headers["Qiao-Position"]


@pytest.fixture(scope="module")
def joined(platform: Platform) -> tuple[str, str]:
    """Who asks."""
    return _join(platform)


@pytest.fixture(scope="module")
def document(platform: Platform, joined: tuple[str, str]) -> OpenApiSchema:
    """What the gateway says of itself."""
    return fuzzing.load(platform.url, joined[1])


@pytest.fixture(autouse=True)
def node_id(request: pytest.FixtureRequest) -> None:
    """Schemathesis looks for a name that pytest has given up."""
    request.node._nodeid = request.node.nodeid


schema = schemathesis.pytest.from_fixture("document")


@pytest.mark.timeout(300)
@schema.parametrize()
def test_every_answer_is_as_declared(case: Case, joined: tuple[str, str]) -> None:
    fuzzing.hold(case, joined[0])

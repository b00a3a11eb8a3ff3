"""The real document, over the whole platform: every answer is as declared, none is a 5xx."""

from collections.abc import Iterator
from functools import partial

import pytest
import requests
import schemathesis
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.schemas import OpenApiSchema

from tests.e2e import fuzzing
from tests.e2e.qiao_gateway import qiao_gateway
from tests.e2e.serving import in_thread

MEI = {"handle": "mei", "password": "cat tax paid", "display_name": "小美", "reads": ["zh", "en"], "writes": "zh"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where it listens."""
    with in_thread(partial(qiao_gateway, tmp_path_factory.mktemp("qiao"))) as address:
        yield address


@pytest.fixture(scope="module")
def registered(address: str) -> requests.Response:
    """Mei, who joined."""
    return fuzzing.post(address, "/v1/accounts", MEI)


@pytest.fixture(scope="module")
def document(address: str, registered: requests.Response) -> OpenApiSchema:
    """What it says of itself."""
    return fuzzing.load(address, registered.headers["Qiao-Position"])


@pytest.fixture(scope="module")
def token(registered: requests.Response) -> str:
    """Mei's."""
    return str(registered.json()["access_token"])


@pytest.fixture(autouse=True)
def node_id(request: pytest.FixtureRequest) -> None:
    """Schemathesis looks for a name that pytest has given up."""
    request.node._nodeid = request.node.nodeid


schema = schemathesis.pytest.from_fixture("document")


@pytest.mark.timeout(600)
@schema.parametrize()
def test_every_answer_of_the_platform_is_as_declared(case: Case, token: str) -> None:
    fuzzing.hold(case, token)

"""The platform that the end-to-end tests talk to: once embedded, once on real Kafka and Cassandra."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
import pytest_asyncio

from qiao.servers import KafkaServer
from qiao.settings import Settings
from tests.e2e.client import PASSWORD, Api
from tests.e2e.platform import Platform
from tests.e2e.serving import in_thread

SECRETS = {"secret": "a secret of the end-to-end tests!", "master_key": "ab" * 32}


@pytest.fixture(scope="session", params=["embedded", pytest.param("servers", marks=pytest.mark.servers)])
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A running platform; all tests share it, so each uses people of its own."""
    if request.param == "embedded":
        yield from _running(Settings(data=str(tmp_path_factory.mktemp("platform")), **_FOR_TESTS))
        return
    cassandra = request.getfixturevalue("cassandra")
    # A Kafka of its own: the topics of a platform have fixed names.
    with KafkaServer(tmp_path_factory.mktemp("kafka-e2e")) as kafka:
        yield from _running(
            Settings(
                log=f"kafka://{kafka.address}",
                views=f"cassandra://{cassandra}/e2e_{uuid4().hex[:12]}",
                partitions=3,
                **SECRETS,
                **_FOR_TESTS,
            )
        )


@pytest.fixture
def own_platform(tmp_path: Path) -> Iterator[Platform]:
    """An embedded one of this test alone, where what others left must not be met."""
    yield from _running(Settings(data=str(tmp_path / "platform"), **_FOR_TESTS))


ADMIN = "e2e_admin"
_FOR_TESTS = {"listen": "127.0.0.1:0", "rate_limits": "off", "sample": "off", "instance": "e2e", "admins": ADMIN}


def _running(settings: Settings) -> Iterator[Platform]:
    running = Platform(settings)
    with in_thread(running.running):
        yield running


@pytest_asyncio.fixture
async def api(platform: Platform) -> AsyncIterator[Api]:
    """A client of the platform."""
    async with aiohttp.ClientSession() as session:
        yield Api(session, platform.url)


@pytest_asyncio.fixture
async def admin(api: Api) -> str:
    """An access token of the platform's admin."""
    joined = await api.register(ADMIN)
    if joined.status == 201:
        return str(joined.body["access_token"])
    signed_in = await api.send("POST", "/v1/sessions", {"handle": ADMIN, "password": PASSWORD})
    return str(signed_in.body["access_token"])

"""What one post sets going is one story, though four processes tell it: parents within one, links across the log."""

import asyncio
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientError, ClientSession
from cassandra.cluster import Session

from qiao.servers import KafkaServer
from qiao.servers.ports import free_port
from tests.integration.cluster import MIGRATE_TIMEOUT, ROOT, Role, environment
from tests.integration.collector import Ref, Story, Told, collecting
from tests.waiting import eventually

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.may_stall,
    pytest.mark.asyncio(loop_scope="module"),
]

READY = 90.0
TOLD = 30.0
SERVICES = ("accounts", "posts", "feeds")
CLIENT = Ref("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
"""The span of a client that watches itself, too."""
TEXT = "said by a person and by no span"


class Town:
    """The platform, with one process for each role, and its collector."""

    def __init__(self, kafka: str, cassandra: str, keyspace: str, collector: str, directory: Path) -> None:
        """Nothing runs yet."""
        self.gateway, self.worker = free_port(), {name: free_port() for name in SERVICES}
        self.environment = environment(
            listen=f"127.0.0.1:{self.gateway}",
            log=f"kafka://{kafka}",
            views=f"cassandra://{cassandra}/{keyspace}",
            otlp_endpoint=collector,
            instance="one",
            audit="off",
        )
        quick = dict(self.environment) | {"OTEL_BSP_SCHEDULE_DELAY": "100"}
        self.roles = [Role("gateway", ["gateway"], quick, directory)]
        for name, port in self.worker.items():
            watched = quick | {"QIAO_METRICS_LISTEN": f"127.0.0.1:{port}"}
            self.roles.append(Role(name, ["worker", name], watched, directory))

    def migrate(self) -> None:
        command = [sys.executable, "-m", "qiao", "migrate"]
        told = {name: value for name, value in self.environment.items() if name != "QIAO_OTLP_ENDPOINT"}
        subprocess.run(command, cwd=ROOT, env=told, check=True, timeout=MIGRATE_TIMEOUT)

    async def ready(self, http: ClientSession) -> None:
        for port in (self.gateway, *self.worker.values()):
            await eventually(lambda port=port: _ready(http, port), READY)

    async def ask(self, http: ClientSession, method: str, path: str, token: str = "", **more: Any) -> Any:
        headers = {"traceparent": f"00-{CLIENT.trace}-{CLIENT.span}-01"} | more.pop("headers", {})
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        url = f"http://127.0.0.1:{self.gateway}{path}"
        async with http.request(method, url, headers=headers, **more) as answer:
            assert answer.status < 300, await answer.text()
            assert "Qiao-Stale" not in answer.headers
            body = await answer.json() if answer.content_length else None
            return body, answer.headers.get("Qiao-Position", "")

    async def metrics(self, http: ClientSession, port: int) -> str:
        async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
            return await answer.text()


async def _ready(http: ClientSession, port: int) -> bool:
    try:
        async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    except ClientError:
        return False


@pytest.fixture(scope="module")
def story() -> Story:
    return Story()


@pytest.fixture(scope="module")
def module_keyspace(cassandra_session: Session) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex[:12]}"
    yield name
    cassandra_session.execute(f"DROP KEYSPACE IF EXISTS {name}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(
    cassandra: str, module_keyspace: str, story: Story, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """On a Kafka of its own: the groups of workers have the same names everywhere. A post was made, and read."""
    directory = tmp_path_factory.mktemp("story")
    with KafkaServer(directory / "kafka") as kafka:
        async with collecting(story) as collector, ClientSession() as http:
            town = Town(kafka.address, cassandra, module_keyspace, collector, directory)
            await asyncio.to_thread(town.migrate)
            try:
                for role in town.roles:
                    role.start()
                await town.ready(http)
                await live(town, http)
                yield town
            finally:
                for role in town.roles:
                    await asyncio.to_thread(role.clean_up)
                    print(role.tail())


async def live(town: Town, http: ClientSession) -> None:
    """Somebody follows somebody, who posts, and reads it at home."""
    tokens = []
    for handle in ("author", "reader"):
        body = {"handle": handle, "password": "ni hao ni hao", "display_name": "人", "reads": ["zh"], "writes": "zh"}
        joined, position = await town.ask(http, "POST", "/v1/accounts", json=body)
        tokens.append((joined["access_token"], position))
    (author, _), (reader, joined_at) = tokens
    after = {"Qiao-Wait-For": ",".join(position for _, position in tokens)}
    _, followed = await town.ask(http, "PUT", "/v1/accounts/author/follow", reader, headers=after)
    said, posted = await town.ask(http, "POST", "/v1/posts", author, json={"text": TEXT})
    after = {"Qiao-Wait-For": f"{joined_at},{followed},{posted}"}
    home, _ = await town.ask(http, "GET", "/v1/home", reader, headers=after)
    assert [card["id"] for card in home["items"]] == [said["id"]]


async def test_one_posts_spans_are_one_story_across_gateway_and_workers(town: Town, story: Story) -> None:
    def complete() -> bool:
        assert processed(story, "relationships") == set(SERVICES)
        assert processed(story, "posts") == {"posts", "feeds"}
        assert story.all("GET /v1/home")
        return all(each.parent is None or each.parent in {CLIENT, *story.spans} for each in story.spans.values())

    await eventually(complete, TOLD)

    [asked], [home] = story.all("POST /v1/posts"), story.all("GET /v1/home")
    assert (asked.service, asked.kind, asked.parent) == ("qiao-gateway", "SERVER", CLIENT)
    assert (home.service, home.kind, home.parent) == ("qiao-gateway", "SERVER", CLIENT)
    assert {each.kind for each in story.below(home.ref)} == {"CLIENT"}
    assert any(each.attributes["db.collection.name"] == "feeds.cards" for each in story.below(home.ref))

    [sent] = story.all("send posts")
    assert (sent.service, sent.kind, sent.parent) == ("qiao-gateway", "PRODUCER", asked.ref)
    for folded in story.all("process posts"):
        assert (folded.kind, folded.parent, folded.links) == ("CONSUMER", None, (sent.ref,))
        assert folded.ref.trace != CLIENT.trace, "a batch has many causes: it is linked, never a child"
        assert "write rows" in {each.name for each in story.below(folded.ref)}

    together = story.connected(CLIENT)
    told = [each for each in story.spans.values() if each.ref in together]
    assert {each.service for each in told} == {"qiao-gateway", *(f"qiao-worker-{name}" for name in SERVICES)}
    assert {each.ref for each in story.spans.values() if each.kind in ("SERVER", "PRODUCER", "CONSUMER")} <= together
    assert not [each for each in told if each.failed]
    assert not any(TEXT in value for each in told for value in each.attributes.values())


async def test_the_processes_measure_their_calls_to_kafka_and_cassandra(town: Town) -> None:
    async with ClientSession() as http:
        gateway = await town.metrics(http, town.gateway)
        feeds = await town.metrics(http, town.worker["feeds"])
    for line in (
        'qiao_store_call_seconds_count{operation="append",system="kafka"}',
        'qiao_store_call_seconds_count{operation="condition",system="cassandra"}',
        'qiao_store_call_seconds_count{operation="read",system="cassandra"}',
        'qiao_wait_seconds_count{outcome="met"}',
    ):
        assert line in gateway
    assert 'qiao_store_call_seconds_count{operation="write",system="cassandra"}' in feeds
    [pushed] = [line for line in feeds.splitlines() if line.startswith("qiao_second_phase_rows_total{")]
    assert float(pushed.split()[-1]) >= 1


def processed(story: Story, topic: str) -> set[str]:
    """The services whose workers have told that they folded something of a topic."""
    return {service_of(each) for each in story.all(f"process {topic}")}


def service_of(told: Told) -> str:
    return told.service.removeprefix("qiao-worker-")
